using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Elf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>Places in an executable or a library: uprobes and uretprobes, one by a perf event or many at once (<c>uprobe.multi</c>, <c>uprobe.session</c>).</summary>
public sealed record UserFunctionHook : AttachHook
{
    /// <summary>The path of the file, from the root.</summary>
    public required string Executable { get; init; }

    /// <summary>The functions' names in its symbol tables, <c>*</c> and <c>?</c> standing for others; empty to give the place by <see cref="Offset"/> alone.</summary>
    public IReadOnlyList<string> Functions { get; init; } = [];

    /// <summary>Bytes from the function's start, or where none is named from the file's.</summary>
    public ulong? Offset { get; init; }

    /// <summary>The process whose calls count; null for all that run the file.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Whether the program runs when a function returns.</summary>
    public bool AtReturn { get; init; }

    /// <inheritdoc/>
    public override AttachmentTarget Kind => AttachmentTarget.UserFunction;

    /// <inheritdoc/>
    public override string Name => Functions.Count == 0 ? $"{Executable}{OffsetText}" : $"{Executable}: {string.Join(", ", Functions)}{OffsetText}";

    private bool IsSingle => Functions is [] || (Functions is [{ } only] && !ExecutableFunctions.IsPattern(only));

    private string OffsetText => Offset is null ? "" : string.Create(CultureInfo.InvariantCulture, $"+0x{Offset:x}");

    /// <inheritdoc/>
    public override string ToString() => $"{(AtReturn ? "the return of " : "")}'{Name}'";

    /// <inheritdoc/>
    internal override string? Fault()
    {
        if (Functions.Count == 0 && Offset is null)
        {
            return $"Where in '{Executable}' to attach is not said: give a function, or an offset in the file.";
        }

        if (Functions.Any(string.IsNullOrEmpty))
        {
            return "A function has no name.";
        }

        if (!Path.IsPathRooted(Executable))
        {
            return $"'{Executable}' is no path from the root.";
        }

        if (!IsSingle && Offset is not null)
        {
            return "An offset is for the one function that a program is attached to.";
        }

        if (ProcessId is <= 0)
        {
            return $"{ProcessId} is no process id.";
        }

        return null;
    }

    /// <inheritdoc/>
    internal override string? Objection(BpfAttachType attachType) => attachType switch
    {
        BpfAttachType.PerfEvent => IsSingle ? null : "it takes one function",
        BpfAttachType.TraceUprobeSession when AtReturn => "a session is at the start and the return as it is",
        _ => null,
    };

    /// <inheritdoc/>
    internal override unsafe int CreateLink(SafeHandle program, BpfAttachType attachType)
    {
        ulong[] offsets = Functions.Count == 0
            ? [Offset!.Value]
            : [.. ExecutableFunctions.Find(Executable, Functions).Select(offset => offset + (Offset ?? 0))];
        fixed (byte* path = BpfCommands.Encode(Executable))
        fixed (ulong* places = offsets)
        {
            if (attachType == BpfAttachType.PerfEvent)
            {
                (uint type, ulong config) = PerfEvents.Probe("uprobe", "CONFIG_UPROBE_EVENTS", AtReturn);
                perf_event_attr attr = new() { type = type, config = config, uprobe_path = BpfCommands.Address(path), probe_offset = offsets[0] };

                // An event is of one CPU or of one process; a program that is for all runs on every CPU, whichever the event is of.
                return PerfEvents.Link(program, ref attr, ProcessId ?? -1, ProcessId is null ? 0 : -1, ToString(), Explain);
            }

            using DescriptorLease lease = new(program);
            bpf_attr_link_create create = new()
            {
                prog_fd = (uint)lease.Descriptor,
                attach_type = (uint)attachType,
                uprobe_multi_path = BpfCommands.Address(path),
                uprobe_multi_offsets = BpfCommands.Address(places),
                uprobe_multi_cnt = (uint)offsets.Length,
                uprobe_multi_flags = AtReturn ? Constants.BPF_F_UPROBE_MULTI_RETURN : 0,
                uprobe_multi_pid = (uint)(ProcessId ?? 0),
            };
            return Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref create);
        }
    }

    /// <inheritdoc/>
    internal override string Explain(int errno) => errno switch
    {
        Errno.ENOENT => ": there is no such file",
        Errno.EBADF => ": that is no regular file",
        Errno.ESRCH => string.Create(CultureInfo.InvariantCulture, $": there is no process {ProcessId}"),
        Errno.EOPNOTSUPP => ": this kernel has no uprobes (CONFIG_UPROBE_EVENTS), or that instruction cannot be probed",
        Errno.ENOTSUPP => ": the instruction at that place cannot be probed",
        Errno.EINVAL when IsSingle => ": was the program loaded for uprobes (section uprobe/, uprobe.multi or uprobe.session), and is that place code in the file?",
        Errno.EINVAL => ": the program must have been loaded for several functions (section uprobe.multi or uprobe.session)",
        _ => "",
    };
}
