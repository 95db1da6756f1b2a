using System.Runtime.InteropServices;
using Sockmap.Bypasses.Layout;
using Sockmap.Cgroups;
using Sockmap.Filters;

namespace Sockmap.Events;

/// <summary>Makes events of what the programs write into a ring buffer.</summary>
internal sealed class EventDecoder(string bypass)
{
    private readonly CgroupPaths _cgroups = new();

    /// <summary>An event, without its processes.</summary>
    public SockmapEvent Decode(ReadOnlySpan<byte> record)
    {
        BypassEvent raw = MemoryMarshal.Read<BypassEvent>(record);
        return new SockmapEvent
        {
            Time = MonotonicClock.Read().ToLocalTime(raw.Time),
            Kind = (SockmapEventKind)raw.Kind,
            Bypass = bypass,
            Family = AddressRange.FamilyOf(raw.Key.RemoteAddress),
            LocalAddress = raw.Key.LocalAddress,
            LocalPort = raw.Key.LocalPort,
            RemoteAddress = raw.Key.RemoteAddress,
            RemotePort = raw.Key.RemotePort,

            // The counter with number 0 is no reason.
            Reason = Reasons.Of((BypassCounter)raw.Reason),
            IsClient = raw.Connected != 0,
            Cookie = raw.Cookie,
            Cgroup = _cgroups.Find(raw.CgroupId),
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
}
