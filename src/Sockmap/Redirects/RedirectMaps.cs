using Sockmap.Bpf;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Redirects.Layout;

namespace Sockmap.Redirects;

/// <summary>The maps of a redirect, of which source and target have room for one socket each.</summary>
internal static class RedirectMaps
{
    private static readonly byte[] First = new byte[sizeof(uint)];

    /// <summary>Puts a socket in.</summary>
    public static void Put(BpfMap map, RedirectEnd end) => map.UpdateDescriptor(First, end.Descriptor, BpfMapUpdateFlags.NoExist);

    /// <summary>Takes it out, if one is in. What was in its psock's queues is gone, unless it is in another map too.</summary>
    public static bool TakeOut(BpfMap map) => map.TryDelete(First);

    /// <summary>Has a map live as long as a socket carries the verdict that looks into the keeper.</summary>
    public static void Keep(BpfMap keeper, BpfMap map) => keeper.UpdateDescriptor(First, map.Handle);

    /// <summary>Cookie of the socket that is in; null where none is.</summary>
    public static ulong? FindCookie(BpfMap map) => map.TryLookup(0u, out ulong cookie) ? cookie : null;

    /// <summary>The socket that is in and what waits in it; null where none is.</summary>
    public static RedirectRow? ReadRow(BpfProgram list, BpfMap map)
    {
        using BpfLink link = BpfLink.CreateIterator(list, map);
        foreach (RedirectRow row in BpfIterator.ReadRecords<RedirectRow>(link))
        {
            return row;
        }

        return null;
    }

    public static RedirectCounters ReadCounters(BpfMap counters)
    {
        counters.TryLookup(0u, out RedirectCounters value);
        return value;
    }

    public static bool IsOn(BpfMap course, RedirectCourse which) => course.TryLookup((uint)which, out uint value) && value != 0;

    public static void TurnOn(BpfMap course, RedirectCourse which) => course.Update((uint)which, 1u);
}
