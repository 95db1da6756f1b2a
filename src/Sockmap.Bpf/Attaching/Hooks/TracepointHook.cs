using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>A tracepoint, for programs of type Tracepoint. (A raw tracepoint is no hook of this kind: <see cref="AttachPoint.OfProgram"/>.)</summary>
/// <param name="Category">Its category, a folder below <c>events</c> in tracefs: <c>sched</c>.</param>
/// <param name="Tracepoint">Its name: <c>sched_switch</c>.</param>
public sealed record TracepointHook(string Category, string Tracepoint) : AttachHook
{
    /// <inheritdoc/>
    public override AttachmentTarget Kind => AttachmentTarget.Tracepoint;

    /// <inheritdoc/>
    public override string Name => $"{Category}/{Tracepoint}";

    /// <summary>Understands <c>category/name</c>.</summary>
    /// <exception cref="ArgumentException">It is not of that form.</exception>
    public static TracepointHook Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        string[] parts = text.Split('/');
        return parts is [{ Length: > 0 } category, { Length: > 0 } name]
            ? new TracepointHook(category, name)
            : throw new ArgumentException($"'{text}' does not name a tracepoint with its category; write it as in sched/sched_switch.", nameof(text));
    }

    /// <inheritdoc/>
    public override string ToString() => $"tracepoint '{Name}'";

    /// <inheritdoc/>
    internal override string? Fault()
    {
        // It becomes a part of a path.
        if (!IsWord(Category) || !IsWord(Tracepoint))
        {
            return $"'{Name}' is no name of a tracepoint: letters, digits, '_' and '-' are in those.";
        }

        return null;

        static bool IsWord(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
    }

    /// <inheritdoc/>
    internal override int CreateLink(SafeHandle program, BpfAttachType attachType)
    {
        perf_event_attr attr = new() { type = Constants.PERF_TYPE_TRACEPOINT, config = Tracefs.TracepointId(Category, Tracepoint) };

        // A program sees the events of all CPUs, whichever this one is of.
        return PerfEvents.Link(program, ref attr, process: -1, cpu: 0, ToString(), static _ => "");
    }

    /// <inheritdoc/>
    internal override string Explain(int errno) => errno switch
    {
        Errno.EACCES => ": the program reads more than the tracepoint gives; see its file 'format' in tracefs",
        Errno.EEXIST => ": this program is attached there already",
        Errno.EINVAL => ": the program does not suit a tracepoint, or this kernel has no links to perf events (5.15)",
        _ => "",
    };
}
