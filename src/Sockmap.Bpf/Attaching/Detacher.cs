using System.Globalization;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Attaching;

/// <summary>Detaches programs, however they were attached.</summary>
public static class Detacher
{
    // A link whose last pin goes is freed by a worker of the kernel, a moment later (bpf_link_put in kernel/bpf/syscall.c).
    private static readonly TimeSpan FreeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FreeInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>Takes an attachment that was listed away: by its link where it has one, else by BPF_PROG_DETACH, or for XDP by netlink.</summary>
    /// <param name="attachment">The attachment.</param>
    /// <param name="log">Takes a line about each step.</param>
    /// <exception cref="BpfException">ENOENT: it is not there (any more); EBUSY: a process holds a link of a type that cannot be detached; EPERM.</exception>
    /// <exception cref="ArgumentException">It cannot be taken away by what it says of itself, or is one that a cgroup inherits (<see cref="ThrowIfInherited"/>).</exception>
    public static void Detach(AttachmentRecord attachment, Action<string>? log = null)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        if (attachment.Effective)
        {
            DetachEffective(attachment, log);
            return;
        }

        if (attachment.LinkId is { } link)
        {
            DetachLink(link, log);
            return;
        }

        if (attachment.AttachType is not { } attachType)
        {
            throw new ArgumentException($"The attachment of program {attachment.ProgId} to '{attachment.Target}' has neither a link nor an attach type to detach it by.", nameof(attachment));
        }

        using AttachPoint point = AttachPoint.Open(attachment);
        DetachProgram(attachment.ProgId, point, attachType, log);
    }

    /// <summary>
    /// Whether an attachment may be taken away by what it says of itself. One of an effective list may be that of a cgroup
    /// above, which is taken away for all that is below it, so that this is not done unasked.
    /// </summary>
    /// <param name="attachment">The attachment.</param>
    /// <exception cref="ArgumentException">It is inherited; the message names the cgroup that the program is attached to.</exception>
    /// <exception cref="BpfException">The cgroup is gone (ENOENT), or the process may not ask.</exception>
    public static void ThrowIfInherited(AttachmentRecord attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        if (attachment is not { Effective: true, Cgroup: { } cgroup, AttachType: { } attachType })
        {
            return;
        }

        using (AttachPoint own = AttachPoint.OpenCgroup(cgroup))
        {
            if (AttachCalls.Query(own, attachType)?.Contains(attachment.ProgId) == true)
            {
                return;
            }
        }

        throw new ArgumentException(
            FindAncestor(cgroup, attachment.ProgId, attachType) is { } ancestor
                ? $"Program {attachment.ProgId} is not attached to cgroup '{cgroup}' itself, which inherits it from '{ancestor}': detach it there, for all that is below."
                : $"Program {attachment.ProgId} is not attached to cgroup '{cgroup}' itself, which inherited it.",
            nameof(attachment));
    }

    /// <summary>
    /// Detaches a link (BPF_LINK_DETACH) and removes its pins, which keep nothing then. Links of types that cannot be detached (tracing,
    /// iterators) go when all their pins are removed, unless a process holds them.
    /// </summary>
    /// <param name="id">The link's id.</param>
    /// <param name="log">Takes a line about each step.</param>
    /// <exception cref="BpfException">ENOENT: there is none; EBUSY: a process holds it; EPERM: no CAP_SYS_ADMIN.</exception>
    public static void DetachLink(uint id, Action<string>? log = null)
    {
        bool detached = TryDetach(id);
        if (detached)
        {
            log?.Invoke($"Detached link {id}.");
        }

        BpfInventory inventory = new(new BpfInventoryOptions { FindHolders = !detached, Problem = problem => log?.Invoke(problem.Message) });
        LinkRecord link;
        try
        {
            link = inventory.Link(id);
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
        {
            // Its holder let go of it meanwhile.
            return;
        }

        if (!detached)
        {
            ThrowIfHeld(link);
        }

        foreach (string pin in link.Pinned)
        {
            BpfFileSystem.RemovePin(pin);
            log?.Invoke($"Removed pin '{pin}' of link {id}.");
        }

        if (!detached && !SpinUntilGone(id))
        {
            throw new BpfException($"{OperationOn(link)}: its pins are removed, but something that cannot be seen from here keeps it", Errno.EBUSY);
        }
    }

    /// <summary>Detaches a program that was attached without a link; where it is one link that attached it there, that link.</summary>
    /// <param name="programId">The program's id.</param>
    /// <param name="point">What it is attached to.</param>
    /// <param name="attachType">Where at it.</param>
    /// <param name="log">Takes a line about each step.</param>
    /// <exception cref="BpfException">ENOENT: there is no such program, or it is not attached there; EPERM.</exception>
    public static void DetachProgram(uint programId, AttachPoint point, BpfAttachType attachType, Action<string>? log = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        using BpfProgram program = BpfProgram.OpenById(programId);
        int result = AttachCalls.Detach(program.Handle, point, attachType);
        if (result >= 0)
        {
            log?.Invoke($"Detached program {programId} from {point} as {attachType}.");
            return;
        }

        // The kernel lets this call take away only what came by its counterpart, and says so in various ways.
        uint[] links = [.. FindLinks(programId, point, attachType)];
        switch (links)
        {
            case [uint link]:
                DetachLink(link, log);
                return;
            case [_, ..]:
                throw new BpfException($"Detaching program {programId} from {point} as {attachType}: links {string.Join(", ", links)} attach it there; name one of them", Errno.EBUSY);
        }

        string operation = $"Detaching program {programId} from {point} as {attachType}";
        throw result is -Errno.ENOENT or -Errno.EINVAL
            ? new BpfException($"{operation}: it is not attached there itself", Errno.ENOENT)
            : new BpfException(operation, -result);
    }

    /// <summary>Where a program is attached to a point.</summary>
    /// <param name="program">The program.</param>
    /// <param name="point">What it is attached to.</param>
    /// <param name="wanted">Where, when that was said.</param>
    /// <exception cref="ArgumentException">Such a program cannot be there, or it must be said which of several places is meant.</exception>
    /// <exception cref="BpfException">ENOENT: it is not attached there itself.</exception>
    public static BpfAttachType FindAttachType(ProgramInfo program, AttachPoint point, BpfAttachType? wanted)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(point);
        if (point.Kind == AttachmentTarget.Link)
        {
            throw new ArgumentException($"What program {program.Id} is attached to was not named; where it named that by itself, name the link.", nameof(point));
        }

        if (wanted is { } given)
        {
            return given;
        }

        BpfAttachType[] possible = [.. AttachRules.AttachTypes(program.Type, point.Kind)];
        BpfAttachType[] actual = possible.Length == 1 ? possible : [.. possible.Where(type => AttachCalls.Query(point, type)?.Contains(program.Id) == true)];
        return actual switch
        {
            [BpfAttachType only] => only,
            [] when possible.Length == 0 => throw new ArgumentException($"Programs of type {program.Type} are not attached to {AttachRules.Word(point.Kind)}.", nameof(point)),
            [] => throw new BpfException($"Program {program.Id} is not attached to {point} itself", Errno.ENOENT),
            _ => throw new ArgumentException($"Program {program.Id} is attached to {point} as {string.Join(", ", actual)}: say which is meant.", nameof(wanted)),
        };
    }

    private static void DetachEffective(AttachmentRecord attachment, Action<string>? log)
    {
        ThrowIfInherited(attachment);
        using AttachPoint point = AttachPoint.Open(attachment);
        DetachProgram(attachment.ProgId, point, attachment.AttachType!.Value, log);
    }

    /// <summary>The nearest cgroup above that a program is attached to; null where none can be seen.</summary>
    private static string? FindAncestor(string cgroup, uint programId, BpfAttachType attachType)
    {
        for (string? path = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(cgroup)); path is not null; path = Path.GetDirectoryName(path))
        {
            try
            {
                using AttachPoint point = AttachPoint.OpenCgroup(path);
                if (AttachCalls.Query(point, attachType)?.Contains(programId) == true)
                {
                    return path;
                }
            }
            catch (BpfException exception) when (exception.Errno is Errno.EBADF or Errno.ENOENT or Errno.EACCES)
            {
                // Above the hierarchy's root, or hidden from this process.
                return null;
            }
        }

        return null;
    }

    private static bool TryDetach(uint id)
    {
        try
        {
            using BpfLink link = BpfLink.OpenById(id);
            link.Detach();
            return true;
        }
        catch (BpfException exception) when (exception.Errno == Errno.EOPNOTSUPP)
        {
            return false;
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
        {
            throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"There is no link with id {id}"), Errno.ENOENT, exception);
        }
    }

    private static void ThrowIfHeld(LinkRecord link)
    {
        // This process holds it by the very look at it.
        string[] holders = [.. link.Pids.Zip(link.Commands)
            .Where(static holder => holder.First != Environment.ProcessId)
            .Select(static holder => string.Create(CultureInfo.InvariantCulture, $"{holder.First} ({holder.Second})"))];
        if (holders.Length > 0)
        {
            throw new BpfException($"{OperationOn(link)}: such a link goes only when nobody holds it, and process {string.Join(", ", holders)} does", Errno.EBUSY);
        }

        if (link.Pinned.Length == 0)
        {
            throw new BpfException($"{OperationOn(link)}: such a link goes only when nobody holds it, and no pin or process that can be seen from here does", Errno.EBUSY);
        }
    }

    private static string OperationOn(LinkRecord link) => string.Create(CultureInfo.InvariantCulture, $"Detaching link {link.Id} ({link.Type})");

    private static bool SpinUntilGone(uint id)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                BpfLink.OpenById(id).Dispose();
            }
            catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
            {
                return true;
            }

            if (Environment.TickCount64 - start > FreeTimeout.TotalMilliseconds)
            {
                return false;
            }

            Thread.Sleep(FreeInterval);
        }
    }

    private static IEnumerable<uint> FindLinks(uint programId, AttachPoint point, BpfAttachType attachType)
    {
        BpfInventory inventory = new(new BpfInventoryOptions { FindHolders = false, FindPins = false, Problem = static _ => { } });
        return inventory.Links()
            .Where(link => link.ProgId == programId && IsAt(link))
            .Select(static link => link.Id);

        bool IsAt(LinkRecord link) => point.Kind switch
        {
            AttachmentTarget.Cgroup => link.CgroupId == point.CgroupId && link.AttachType == attachType,
            AttachmentTarget.Map => link.Type == BpfLinkType.Sockmap && link.MapId == point.MapId && link.AttachType == attachType,
            AttachmentTarget.NetworkNamespace => link.NetnsIno == point.NetnsIno && link.AttachType == attachType,
            AttachmentTarget.Interface => link.IfIndex == point.IfIndex && (link.AttachType == attachType || link.Type == BpfLinkType.Xdp),
            _ => false,
        };
    }
}
