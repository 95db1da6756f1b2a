using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bypasses.Layout;
using Sockmap.Cgroups;
using Sockmap.Filters;

namespace Sockmap.Events;

/// <summary>Makes events of what the programs write into a ring buffer.</summary>
internal sealed class EventDecoder(string bypass)
{
    private const int MostCgroups = 4096;

    private readonly Dictionary<ulong, string?> _cgroups = [];

    /// <summary>An event, without its processes.</summary>
    public SockmapEvent Decode(ReadOnlySpan<byte> record)
    {
        BypassEvent raw = MemoryMarshal.Read<BypassEvent>(record);
        return new SockmapEvent
        {
            Time = ToTime(raw.Time),
            Kind = (SockmapEventKind)raw.Kind,
            Bypass = bypass,
            Family = raw.Key.RemoteAddress.AddressFamily == AddressFamily.InterNetwork ? AddressFamilies.IPv4 : AddressFamilies.IPv6,
            LocalAddress = raw.Key.LocalAddress,
            LocalPort = raw.Key.LocalPort,
            RemoteAddress = raw.Key.RemoteAddress,
            RemotePort = raw.Key.RemotePort,

            // The counter with number 0 is no reason.
            Reason = Reasons.Of((BypassCounter)raw.Reason),
            IsClient = raw.Connected != 0,
            Cookie = raw.Cookie,
            Cgroup = FindCgroup(raw.CgroupId),
            CgroupId = raw.CgroupId,
            UserId = raw.UserId,
            RedirectedMessages = raw.RedirectedMessages,
            RedirectedBytes = raw.RedirectedBytes,
            TcpMessages = raw.TcpMessages,
            TcpBytes = raw.TcpBytes,
            SpilledMessages = raw.SpilledMessages,
        };
    }

    /// <summary>What tells of events that were lost.</summary>
    public SockmapEvent Lost(ulong count) => new()
    {
        Time = DateTime.Now,
        Kind = SockmapEventKind.Lost,
        Bypass = bypass,
        LostEvents = count,
    };

    /// <summary>
    /// Local time of a moment on CLOCK_MONOTONIC, the kernel's and Stopwatch's clock; by the difference that it has to the
    /// wall clock now, which somebody may set.
    /// </summary>
    private static DateTime ToTime(ulong monotonic)
    {
        TimeSpan ago = Stopwatch.GetElapsedTime((long)monotonic);
        return (DateTime.UtcNow - ago).ToLocalTime();
    }

    private string? FindCgroup(ulong id)
    {
        if (!_cgroups.TryGetValue(id, out string? path))
        {
            if (_cgroups.Count >= MostCgroups)
            {
                _cgroups.Clear();
            }

            path = CgroupHierarchy.FindPath(id);
            _cgroups.Add(id, path);
        }

        return path;
    }
}
