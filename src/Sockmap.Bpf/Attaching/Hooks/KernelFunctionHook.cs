using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>One or several functions of the kernel: kprobes and kretprobes, one by a perf event or many at once (<c>kprobe.multi</c>, <c>kprobe.session</c>).</summary>
public sealed record KernelFunctionHook : AttachHook
{
    private const int MostNamed = 5;

    /// <summary>The functions' names. Those with <c>*</c> or <c>?</c> stand for all functions that can be traced and match.</summary>
    public required IReadOnlyList<string> Functions { get; init; }

    /// <summary>Bytes from the function's start; for a single function.</summary>
    public ulong Offset { get; init; }

    /// <summary>Whether the program runs when a function returns.</summary>
    public bool AtReturn { get; init; }

    /// <inheritdoc/>
    public override AttachmentTarget Kind => AttachmentTarget.KernelFunction;

    /// <inheritdoc/>
    public override string Name => string.Join(", ", Functions);

    private bool IsSingle => Functions is [{ } only] && !IsPattern(only);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(AtReturn ? "the return of " : "")}kernel function{(IsSingle ? "" : "s")} '{Name}'{(Offset == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"+0x{Offset:x}"))}";

    /// <inheritdoc/>
    internal override string? Fault()
    {
        if (Functions.Count == 0 || Functions.Any(string.IsNullOrEmpty))
        {
            return "No kernel function is named.";
        }

        if (Offset != 0 && (!IsSingle || AtReturn))
        {
            return "An offset is for the one function that a program is attached to, and not for its return.";
        }

        return null;
    }

    /// <inheritdoc/>
    internal override string? Objection(BpfAttachType attachType) => attachType switch
    {
        BpfAttachType.PerfEvent => IsSingle ? null : "it takes one function",
        BpfAttachType.TraceKprobeSession when AtReturn => "a session is at the start and the return as it is",
        _ => Offset == 0 ? null : "it takes no offset",
    };

    /// <inheritdoc/>
    internal override int CreateLink(SafeHandle program, BpfAttachType attachType) =>
        attachType == BpfAttachType.PerfEvent ? LinkToEvent(program) : LinkToMany(program, attachType);

    /// <inheritdoc/>
    internal override string Explain(int errno) => errno switch
    {
        Errno.ESRCH or Errno.ENOENT => ": there is no such function in this kernel, or it cannot be traced" + Missing(),
        Errno.EOPNOTSUPP => ": this kernel has no kprobes for several functions (CONFIG_FPROBE); use a program of a section kprobe/",
        Errno.EINVAL when IsSingle => ": was the program loaded for kprobes (section kprobe/, kprobe.multi or kprobe.session), and may that place be probed?",
        Errno.EINVAL => ": the program must have been loaded for several functions (section kprobe.multi or kprobe.session)",
        Errno.EACCES => ": the program asks for more than the place gives, or its function may not be traced",
        _ => "",
    };

    private static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    private static string ExplainOpening(int errno) => errno switch
    {
        Errno.ENOENT => ": there is no such function in this kernel, or it cannot be probed; /proc/kallsyms lists the functions",
        Errno.EINVAL => ": no instruction begins at that place, or it may not be probed (blacklist in debugfs, kprobes/)",
        Errno.EOPNOTSUPP => ": that place cannot be probed",
        Errno.EADDRNOTAVAIL => ": there are several functions of that name",
        _ => "",
    };

    private unsafe int LinkToEvent(SafeHandle program)
    {
        (uint type, ulong config) = PerfEvents.Probe("kprobe", "CONFIG_KPROBE_EVENTS", AtReturn);
        fixed (byte* function = BpfCommands.Encode(Functions[0]))
        {
            perf_event_attr attr = new() { type = type, config = config, kprobe_func = BpfCommands.Address(function), probe_offset = Offset };

            // A program runs on all CPUs, whichever the event is of.
            return PerfEvents.Link(program, ref attr, process: -1, cpu: 0, ToString(), ExplainOpening);
        }
    }

    private unsafe int LinkToMany(SafeHandle program, BpfAttachType attachType)
    {
        string[] patterns = [.. Functions.Where(IsPattern)];
        string[] names = [.. Functions.Where(static name => !IsPattern(name)).Concat(patterns.Length > 0 ? Tracefs.FindFunctions(patterns) : []).Distinct(StringComparer.Ordinal)];
        using DescriptorLease lease = new(program);
        nint[] texts = new nint[names.Length];
        try
        {
            for (int i = 0; i < names.Length; i++)
            {
                texts[i] = Marshal.StringToCoTaskMemUTF8(names[i]);
            }

            fixed (nint* symbols = texts)
            {
                bpf_attr_link_create create = new()
                {
                    prog_fd = (uint)lease.Descriptor,
                    attach_type = (uint)attachType,
                    kprobe_multi_flags = AtReturn ? Constants.BPF_F_KPROBE_MULTI_RETURN : 0,
                    kprobe_multi_cnt = (uint)names.Length,
                    kprobe_multi_syms = BpfCommands.Address(symbols),
                };
                return Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref create);
            }
        }
        finally
        {
            Array.ForEach(texts, Marshal.FreeCoTaskMem);
        }
    }

    // The kernel does not tell which of several it does not know.
    private string Missing()
    {
        string[] names = [.. Functions.Where(static name => !IsPattern(name))];
        IReadOnlyDictionary<string, ulong> known = KernelSymbols.Find(names);
        string[] missing = [.. names.Where(name => !known.ContainsKey(name)).Take(MostNamed)];
        return missing.Length == 0 || known.Count == 0 ? "" : $" ('{string.Join("', '", missing)}')";
    }
}
