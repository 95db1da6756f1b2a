using System.Runtime.InteropServices;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses.Store;
using Sockmap.Policies.Layout;
using Sockmap.Policies.Rules;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>
/// The two sets of a policy, and the number that says which one holds. A new set is built in the other one's place, and
/// holds from the moment on in which the number is written: for all sockets, those with decisions of the former set too.
/// </summary>
internal static class RuleSwitch
{
    /// <summary>The number of the set that holds; null where the policy lacks what it takes.</summary>
    public static ulong? ReadGeneration(PolicyFolder folder)
    {
        using BpfMap? generation = BypassFolder.TryOpenMap(folder.Generation);
        return generation is not null && generation.ValueSize == sizeof(ulong) && generation.TryLookup(0u, out ulong number) ? number : null;
    }

    /// <summary>The set that holds; null where there is none that this version reads.</summary>
    public static RuleSet? Read(PolicyFolder folder)
    {
        if (ReadGeneration(folder) is not { } number)
        {
            return null;
        }

        using BpfMap? set = BypassFolder.TryOpenMap(folder.Set(number));
        return set is null || set.KeySize != SetKey.Length ? null : RuleCompiler.Read(set);
    }

    /// <summary>Builds the first set.</summary>
    public static void Begin(PolicyFolder folder, BpfMap sets, RuleSet first) => Build(folder, sets, first, PolicyLayout.FirstGeneration);

    /// <summary>Builds a set aside and switches to it.</summary>
    /// <param name="folder">The policy.</param>
    /// <param name="next">The set.</param>
    /// <param name="unused">Counters that begin anew with it.</param>
    public static void Write(PolicyFolder folder, RuleSet next, IEnumerable<uint> unused)
    {
        using BpfMap generation = BpfMap.OpenPinned(folder.Generation);
        using BpfMap sets = BpfMap.OpenPinned(folder.Sets);
        using BpfMap counters = BpfMap.OpenPinned(folder.Counters);
        generation.TryLookup(0u, out ulong number);
        number++;
        Build(folder, sets, next, number);

        // Writing a map into a map waits for the programs that were running (maybe_wait_bpf_programs in
        // kernel/bpf/syscall.c): none counts for a rule any more that was taken away before.
        byte[] zero = new byte[counters.LookupSize];
        foreach (uint counter in unused)
        {
            counters.Update(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in counter)), zero);
        }

        generation.Update(0u, number);
    }

    private static void Build(PolicyFolder folder, BpfMap sets, RuleSet set, ulong number)
    {
        List<MapEntry> entries = RuleCompiler.Write(set);
        using BpfMap map = PolicyObject.CreateSet(entries.Count);
        map.UpdateMany(entries);
        BpfFileSystem.RemovePin(folder.Set(number));
        map.Pin(folder.Set(number));
        sets.UpdateDescriptor(BitConverter.GetBytes((uint)(number & 1)), map.Handle);
    }
}
