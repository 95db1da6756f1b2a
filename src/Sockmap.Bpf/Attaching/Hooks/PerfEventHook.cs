using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>An event of one CPU or one process, at every so many of which a program of type PerfEvent runs.</summary>
public sealed record PerfEventHook : AttachHook
{
    private const int HardwareBit = 0x100;

    /// <summary>What is counted.</summary>
    public required PerfEventKind Event { get; init; }

    /// <summary>The CPU whose events count; null for those of <see cref="ProcessId"/> on any CPU.</summary>
    public int? Cpu { get; init; }

    /// <summary>The process (its first thread) whose events count; null for all on <see cref="Cpu"/>.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The program runs once in that many events (of a clock: nanoseconds). Either this or <see cref="Frequency"/>.</summary>
    public ulong? Period { get; init; }

    /// <summary>The program runs about that often in a second. Either this or <see cref="Period"/>.</summary>
    public ulong? Frequency { get; init; }

    /// <inheritdoc/>
    public override AttachmentTarget Kind => AttachmentTarget.PerfEvent;

    /// <inheritdoc/>
    public override string Name => Event.ToString();

    /// <inheritdoc/>
    public override string ToString() =>
        $"perf event {Name}{(Cpu is null ? "" : string.Create(CultureInfo.InvariantCulture, $" of CPU {Cpu}"))}{(ProcessId is null ? "" : string.Create(CultureInfo.InvariantCulture, $" of process {ProcessId}"))}";

    /// <inheritdoc/>
    internal override string? Fault()
    {
        if (Cpu is null && ProcessId is null)
        {
            return $"Whose {Event} count is not said: give a CPU, a process, or both.";
        }

        if (Cpu is < 0 || ProcessId is <= 0)
        {
            return Cpu is < 0 ? $"{Cpu} is no CPU." : $"{ProcessId} is no process id.";
        }

        if (Period is null == Frequency is null)
        {
            return $"How often the program runs is not said, or twice: give a period (one run in so many {Event}) or a frequency (runs in a second).";
        }

        if (Period is 0 || Frequency is 0)
        {
            return "A period or frequency of 0 would never run the program.";
        }

        return null;
    }

    /// <inheritdoc/>
    internal override int CreateLink(SafeHandle program, BpfAttachType attachType)
    {
        perf_event_attr attr = new()
        {
            type = ((int)Event & HardwareBit) != 0 ? Constants.PERF_TYPE_HARDWARE : Constants.PERF_TYPE_SOFTWARE,
            config = (ulong)((int)Event & ~HardwareBit),
            sample_period = Period ?? Frequency!.Value,
            flags = Frequency is null ? 0 : perf_event_attr.Frequency,
        };
        return PerfEvents.Link(program, ref attr, ProcessId ?? -1, Cpu ?? -1, ToString(), errno => errno switch
        {
            Errno.ENOENT or Errno.EOPNOTSUPP => ": this machine does not count that; virtual machines often have software events only (CpuClock)",
            Errno.EINVAL when Frequency is not null => ": the frequency is above /proc/sys/kernel/perf_event_max_sample_rate, or there is no such CPU",
            Errno.EINVAL or Errno.ENODEV => ": there is no such CPU",
            _ => "",
        });
    }

    /// <inheritdoc/>
    internal override string Explain(int errno) => errno switch
    {
        Errno.EINVAL => ": the program does not suit the event, or this kernel has no links to perf events (5.15)",
        _ => "",
    };
}
