using System.Management.Automation;
using Sockmap.Bpf.Attaching.Hooks;

namespace SockmapPS.Commands.Bpf;

/// <summary>The parameters that name a function, a tracepoint, an event or a place in Netfilter to attach to.</summary>
public abstract class BpfHookCommand : BpfAttachingCommand
{
    private protected const string InputSet = "InputObject";
    private protected const string IdSet = "ProgramId";
    private protected const string PathSet = "ProgramPath";

    // Each parameter that says more of a hook, and those that it can say it of.
    private static readonly (string Name, string[] With)[] Details =
    [
        (nameof(Function), [nameof(Executable)]),
        (nameof(Offset), [nameof(KernelFunction), nameof(Executable)]),
        (nameof(Return), [nameof(KernelFunction), nameof(Executable)]),
        (nameof(ProcessId), [nameof(Executable), nameof(PerfEvent)]),
        (nameof(Cpu), [nameof(PerfEvent)]),
        (nameof(Period), [nameof(PerfEvent)]),
        (nameof(Frequency), [nameof(PerfEvent)]),
        (nameof(Family), [nameof(NetfilterHook)]),
        (nameof(Priority), [nameof(NetfilterHook)]),
        (nameof(Defragment), [nameof(NetfilterHook)]),
    ];

    /// <summary>A tracepoint: category/name, or the name of a raw one.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? Tracepoint { get; set; }

    /// <summary>Functions of the kernel; wildcards.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? KernelFunction { get; set; }

    /// <summary>An executable or a library.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? Executable { get; set; }

    /// <summary>Functions of the executable; wildcards.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Function { get; set; }

    /// <summary>Bytes from the function's start, or from the executable's.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public ulong? Offset { get; set; }

    /// <summary>When the function returns.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter Return { get; set; }

    /// <summary>The process whose calls or events count.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public int? ProcessId { get; set; }

    /// <summary>An event that is counted.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public PerfEventKind? PerfEvent { get; set; }

    /// <summary>The CPU whose events count.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public int? Cpu { get; set; }

    /// <summary>One run in so many events.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public ulong? Period { get; set; }

    /// <summary>Runs in a second.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public ulong? Frequency { get; set; }

    /// <summary>A place in Netfilter.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public NetfilterPlace? NetfilterHook { get; set; }

    /// <summary>Whose packets Netfilter shows.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public NetfilterFamily Family { get; set; } = NetfilterFamily.IPv4;

    /// <summary>The order at the place in Netfilter.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public int? Priority { get; set; }

    /// <summary>Puts fragments together before.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter Defragment { get; set; }

    /// <summary>The hook that was named; null where none was.</summary>
    /// <param name="others">The names of the parameters that name another kind of place.</param>
    /// <exception cref="ArgumentException">More than one thing was named, or something is said that does not go with it.</exception>
    private protected AttachHook? ReadHook(params ReadOnlySpan<string> others)
    {
        Dictionary<string, object> given = MyInvocation.BoundParameters;
        List<string> hooks = [.. new[] { nameof(KernelFunction), nameof(Executable), nameof(PerfEvent), nameof(NetfilterHook), nameof(Tracepoint) }.Where(given.ContainsKey)];
        foreach (string other in others)
        {
            if (given.ContainsKey(other))
            {
                hooks.Add(other);
            }
        }

        if (hooks.Count > 1)
        {
            throw new ArgumentException($"Name one thing to attach to, not several: -{string.Join(", -", hooks)}.", nameof(others));
        }

        foreach ((string name, string[] with) in Details)
        {
            if (given.ContainsKey(name) && !with.Any(given.ContainsKey))
            {
                throw new ArgumentException($"-{name} goes with -{string.Join(" or -", with)}.", nameof(others));
            }
        }

        if (NetfilterHook is not null && Priority is null)
        {
            throw new ArgumentException("The order among those at that place in Netfilter is not said: give -Priority (0 is that of packet filters; lower ones run before).", nameof(others));
        }

        return KernelFunction is not null ? new KernelFunctionHook { Functions = KernelFunction, Offset = Offset ?? 0, AtReturn = Return }
            : Executable is not null ? new UserFunctionHook { Executable = ResolveFile(Executable), Functions = Function ?? [], Offset = Offset, ProcessId = ProcessId, AtReturn = Return }
            : PerfEvent is { } kind ? new PerfEventHook { Event = kind, Cpu = Cpu, ProcessId = ProcessId, Period = Period, Frequency = Frequency }
            : NetfilterHook is { } place ? new NetfilterHook { Place = place, Family = Family, Priority = Priority!.Value, Defragment = Defragment }
            : null;
    }
}
