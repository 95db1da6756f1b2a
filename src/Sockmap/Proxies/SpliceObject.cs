using System.Reflection;
using Sockmap.Bpf.Loading;

namespace Sockmap.Proxies;

/// <summary>Our compiled object, bpf/splice.bpf.o, which the assembly carries: its parts by name.</summary>
internal static class SpliceObject
{
    public const string Splice = "splice";
    public const string Sockets = "sockets";
    public const string Numbers = "numbers";
    public const string Ways = "ways";
    public const string Bells = "bells";
    public const string Totals = "totals";
    public const string Signals = "signals";

    // A record of a ring buffer has 8 bytes before its own 4, and is rounded up to 8.
    private const uint SignalSize = 16;

    /// <summary>Loads it with room for so many connections.</summary>
    public static BpfObject Load(int connections)
    {
        ObjectSpec spec = ObjectSpec.ReadEmbedded(Assembly.GetExecutingAssembly(), "splice");
        uint sockets = 2 * (uint)connections;
        foreach (string map in new[] { Sockets, Numbers, Ways, Bells })
        {
            spec.Maps[map].MaxEntries = sockets;
        }

        // Never full: one signal of a socket is under way at a time, and perhaps some of its number's last owner. A power of 2 of pages.
        spec.Maps[Signals].MaxEntries = Math.Max((uint)Environment.SystemPageSize, System.Numerics.BitOperations.RoundUpToPowerOf2(4 * sockets * SignalSize));
        return BpfObject.Load(spec);
    }
}
