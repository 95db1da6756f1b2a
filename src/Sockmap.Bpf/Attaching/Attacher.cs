using System.Globalization;
using Sockmap.Bpf.Attaching.Hooks;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Attaching;

/// <summary>
/// Attaches programs, by link where the kernel can: a link is tried first, and only when the kernel refuses it as such and takes the
/// program by BPF_PROG_ATTACH (XDP: by netlink) is it attached so.
/// </summary>
public static class Attacher
{
    /// <summary>Whether a request is sound in itself; the kernel's part of it is not asked for.</summary>
    /// <exception cref="ArgumentException">Program, target and options do not go together; it says what does.</exception>
    public static void Check(AttachRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Prepare(request, request.Program.GetInfo());
    }

    /// <summary>Attaches a program.</summary>
    /// <returns>The attachment; without a LinkId where the kernel knows no such links, in which case nothing was pinned.</returns>
    /// <exception cref="ArgumentException">Program, target and options do not go together; it says what does.</exception>
    /// <exception cref="BpfException">The kernel refused. EBUSY: another program is there; EEXIST: this one is, or the pin's path is taken.</exception>
    /// <exception cref="InvalidDataException">To replace: something else than a link is pinned at the path.</exception>
    public static AttachmentRecord Attach(AttachRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ProgramInfo program = request.Program.GetInfo();
        IReadOnlyList<AttachRule> rules = Prepare(request, program);
        if (request.WithoutLink)
        {
            return AttachByCall(request, program, rules);
        }

        return request.Replace ? ReplaceInLink(request, program, rules) : AttachByLink(request, program, rules);
    }

    private static IReadOnlyList<AttachRule> Prepare(AttachRequest request, ProgramInfo program)
    {
        AttachPoint point = request.Point;
        IReadOnlyList<AttachRule> rules = AttachRules.Resolve(program.Type, point.Kind, request.AttachType);
        if (point.Hook is { } hook)
        {
            rules = RulesOf(hook, rules, request);
        }

        if (request.WithoutLink && request.PinPath is not null)
        {
            throw new ArgumentException("What is attached without a link has nothing to pin: leave the pin path out.", nameof(request));
        }

        if (!request.WithoutLink && request.PinPath is null)
        {
            throw new ArgumentException("A link lives only while it is pinned or held by a process: give a path to pin it at, or attach without a link.", nameof(request));
        }

        if (request.Flags is { } flags && (point.Kind != AttachmentTarget.Cgroup || (!request.WithoutLink && flags != ProgramAttachFlags.AllowMulti)))
        {
            throw new ArgumentException(
                point.Kind == AttachmentTarget.Cgroup
                    ? $"A link is always attached beside others ({ProgramAttachFlags.AllowMulti}); attach without a link for {flags}."
                    : "Flags are for cgroups; leave them out.",
                nameof(request));
        }

        if (request.XdpMode != XdpMode.Any && program.Type != BpfProgramType.Xdp)
        {
            throw new ArgumentException($"An XDP mode is for XDP programs, and program {program.Id} is of type {program.Type}.", nameof(request));
        }

        bool isRawTracepoint = program.Type is BpfProgramType.RawTracepoint or BpfProgramType.RawTracepointWritable;
        if (point.Kind == AttachmentTarget.Link && isRawTracepoint != point.Name.Length > 0)
        {
            throw new ArgumentException(
                isRawTracepoint
                    ? $"Program {program.Id} is of type {program.Type}: name the tracepoint to attach it to."
                    : $"Program {program.Id} is of type {program.Type} and was loaded for what it is attached to: name no tracepoint.",
                nameof(request));
        }

        if (request.ReplaceProgramId is not null && !request.Replace)
        {
            throw new ArgumentException("A program to be replaced is named, but replacing is not asked for.", nameof(request));
        }

        if (request.WithoutLink && rules.FirstOrDefault(static rule => !rule.ByCall) is { } byLink)
        {
            throw new ArgumentException($"A program of type {program.Type} is attached to {AttachRules.Word(point.Kind)} by link only{As(byLink.AttachType)}: give a path to pin it at.", nameof(request));
        }

        return rules;
    }

    private static AttachRule[] RulesOf(AttachHook hook, IReadOnlyList<AttachRule> rules, AttachRequest request)
    {
        if (request.Replace)
        {
            throw new ArgumentException($"The program of a link to {hook} stays the same as long as the link is there: remove the attachment, and attach anew.", nameof(request));
        }

        AttachRule[] possible = [.. rules.Where(rule => hook.Objection(rule.AttachType!.Value) is null)];
        return possible.Length > 0
            ? possible
            : throw new ArgumentException($"{hook} is nothing to attach to as {rules[0].AttachType}: {hook.Objection(rules[0].AttachType!.Value)}.", nameof(request));
    }

    private static AttachmentRecord AttachByLink(AttachRequest request, ProgramInfo program, IReadOnlyList<AttachRule> rules)
    {
        string path = request.PinPath!;
        BpfFileSystem.ThrowIfInvalidPath(path);
        if (BpfFileSystem.Exists(path))
        {
            throw new BpfException($"Pinning a link at '{path}': something is there; take another path, or replace the program of the link that is pinned there", Errno.EEXIST);
        }

        int result = CreateLink(request, program, rules);
        if (result >= 0)
        {
            using BpfLink link = BpfLink.Adopt(result);
            link.Pin(path);
            request.Log?.Invoke($"Pinned the link at '{path}'.");
            return request.Point.Hook is null ? Describe(request.Point, program, link.GetInfo()) : Describe(request.Point, link);
        }

        if (result is -Errno.EINVAL or -Errno.EOPNOTSUPP or -Errno.ENOTSUPP && rules.All(static rule => rule.ByCall))
        {
            try
            {
                AttachmentRecord attached = AttachByCall(request with { WithoutLink = true, PinPath = null }, program, rules);
                request.Log?.Invoke($"This kernel has no links to {AttachRules.Word(request.Point.Kind)}: attached without one, nothing is pinned.");
                return attached;
            }
            catch (BpfException)
            {
                // Neither way works, so links are not what is missing: the first answer is the better one.
            }
        }

        throw Explain(request, program, rules, -result);
    }

    /// <summary>Makes a link in the first way that the kernel takes; gives a descriptor or the negative error number that says most.</summary>
    private static int CreateLink(AttachRequest request, ProgramInfo program, IReadOnlyList<AttachRule> rules)
    {
        // All programs that name their target by themselves are attached by one call; only iterators by another.
        int result = -Errno.EINVAL;
        foreach (AttachRule rule in rules.DistinctBy(static rule => rule.Target == AttachmentTarget.Link && rule.AttachType != BpfAttachType.TraceIter ? null : rule.AttachType))
        {
            int attempt = AttachCalls.CreateLink(request.Program.Handle, request.Point, rule.AttachType, request.XdpMode);
            request.Log?.Invoke($"A link of program {program.Id} to {request.Point}{As(rule.AttachType)}: {(attempt < 0 ? Errno.Describe(-attempt) : "made")}.");

            // EINVAL is what a wrong attach type gives; EOPNOTSUPP what one gives that this kernel lacks.
            result = attempt == -Errno.EINVAL ? result : attempt;
            if (attempt != -Errno.EINVAL && (attempt != -Errno.EOPNOTSUPP || request.Point.Hook is null))
            {
                break;
            }
        }

        return result;
    }

    private static AttachmentRecord ReplaceInLink(AttachRequest request, ProgramInfo program, IReadOnlyList<AttachRule> rules)
    {
        using BpfLink link = BpfLink.OpenPinned(request.PinPath!);
        LinkInfo info = link.GetInfo();
        if (!IsAt(info, request.Point, rules))
        {
            throw new ArgumentException(
                $"The link pinned at '{request.PinPath}' is link {info.Id} of type {info.Type}{As(info.AttachType)}, and not to {request.Point}{As(request.AttachType)}: nothing was replaced.",
                nameof(request));
        }

        uint expectedId = request.ReplaceProgramId ?? info.ProgramId;
        using BpfProgram expected = BpfProgram.OpenById(expectedId);
        try
        {
            link.Update(request.Program, expected);
        }
        catch (BpfException exception)
        {
            string operation = $"Replacing program {expectedId} of link {info.Id} by program {program.Id}";
            throw exception.Errno switch
            {
                Errno.EPERM when link.GetInfo().ProgramId != expectedId =>
                    new BpfException($"{operation}: it is program {link.GetInfo().ProgramId} that is there", Errno.EPERM, exception),
                Errno.EINVAL or Errno.EOPNOTSUPP => new BpfException($"{operation}: the two differ in type, or a link of type {info.Type} keeps its program", exception.Errno, exception),
                Errno.ENOLINK => new BpfException($"{operation}: the link is detached; remove its pin and attach anew", Errno.ENOLINK, exception),
                _ => new BpfException(operation, exception.Errno, exception),
            };
        }

        request.Log?.Invoke($"Replaced program {expectedId} of link {info.Id}.");
        return Describe(request.Point, program, link.GetInfo());
    }

    private static bool IsAt(LinkInfo link, AttachPoint point, IReadOnlyList<AttachRule> rules)
    {
        return point.Kind switch
        {
            AttachmentTarget.Cgroup => link.Type == BpfLinkType.Cgroup && link.CgroupId == point.CgroupId && HasRule(),
            AttachmentTarget.Map => link.MapId == point.MapId && (link.Type != BpfLinkType.Sockmap || HasRule()),
            AttachmentTarget.NetworkNamespace => link.Type == BpfLinkType.Netns && link.NetworkNamespaceInode == point.NetnsIno && HasRule(),
            AttachmentTarget.Interface => link.InterfaceIndex == point.IfIndex && (link.Type == BpfLinkType.Xdp ? rules[0].AttachType == BpfAttachType.Xdp : HasRule()),
            _ => link.Type is BpfLinkType.Tracing or BpfLinkType.RawTracepoint or BpfLinkType.Iter,
        };

        bool HasRule() => rules.Any(rule => rule.AttachType == link.AttachType);
    }

    private static AttachmentRecord AttachByCall(AttachRequest request, ProgramInfo program, IReadOnlyList<AttachRule> rules)
    {
        ProgramAttachFlags flags = request.Point.Kind == AttachmentTarget.Cgroup ? request.Flags ?? ProgramAttachFlags.AllowMulti : ProgramAttachFlags.None;
        bool besideOthers = flags == ProgramAttachFlags.AllowMulti || (request.Point.Kind == AttachmentTarget.Interface && program.Type != BpfProgramType.Xdp);
        if (rules.Count > 1 && (request.Replace || !besideOthers))
        {
            throw new ArgumentException($"Another program may be replaced, so the attach type must be given for a program of type {program.Type}.", nameof(request));
        }

        int result = -Errno.EINVAL;
        foreach (AttachRule candidate in rules)
        {
            BpfAttachType attachType = candidate.AttachType!.Value;
            using BpfProgram? replaced = FindReplaced(request, program, attachType, besideOthers);
            result = AttachCalls.Attach(request.Program.Handle, request.Point, attachType, flags, request.XdpMode, replaced?.Handle);
            request.Log?.Invoke($"Attaching program {program.Id} to {request.Point}{As(attachType)}: {(result < 0 ? Errno.Describe(-result) : "done")}.");
            if (result >= 0)
            {
                return Describe(request.Point, program, attachType, flags);
            }

            if (result != -Errno.EINVAL)
            {
                break;
            }
        }

        throw Explain(request, program, rules, -result);
    }

    /// <summary>Sees to it that nothing is displaced unasked; gives the program to replace where the kernel is to be told.</summary>
    private static BpfProgram? FindReplaced(AttachRequest request, ProgramInfo program, BpfAttachType attachType, bool besideOthers)
    {
        uint[]? present = AttachCalls.Query(request.Point, attachType);
        string where = $"{request.Point}{As(attachType)}";
        if (!request.Replace)
        {
            if (present is null or [])
            {
                return null;
            }

            if (besideOthers ? present.Contains(program.Id) && request.Point.Kind == AttachmentTarget.Interface : present.Contains(program.Id))
            {
                throw new BpfException($"Program {program.Id} is attached to {where} already", Errno.EEXIST);
            }

            return besideOthers
                ? null
                : throw new BpfException($"Program {string.Join(", ", present)} is attached to {where} already; replace it, or detach it first", Errno.EBUSY);
        }

        uint expected = request.ReplaceProgramId ?? present switch
        {
            [uint only] => only,
            [] => throw new BpfException($"No program is attached to {where} that could be replaced", Errno.ENOENT),
            null => throw new ArgumentException($"This kernel does not tell what is attached to {where}: name the program to replace.", nameof(request)),
            _ => throw new ArgumentException($"Programs {string.Join(", ", present)} are attached to {where}: name the one to replace.", nameof(request)),
        };
        if (present is not null && !present.Contains(expected))
        {
            throw new BpfException($"Program {expected} is not attached to {where}; {(present.Length == 0 ? "none is" : "there is " + string.Join(", ", present))}", Errno.ENOENT);
        }

        // Where there is room for one, attaching displaces it; XDP only when it is told which.
        return besideOthers || attachType == BpfAttachType.Xdp ? BpfProgram.OpenById(expected) : null;
    }

    private static BpfException Explain(AttachRequest request, ProgramInfo program, IReadOnlyList<AttachRule> rules, int errno)
    {
        BpfAttachType? attachType = rules.Count == 1 ? rules[0].AttachType : null;
        string operation = $"Attaching program {program.Id} '{program.Name}' ({program.Type}) to {request.Point}{As(attachType)}";
        string why = errno switch
        {
            _ when request.Point.Hook?.Explain(errno) is { Length: > 0 } words => words,
            Errno.EBUSY or Errno.EEXIST when request.Point.Kind != AttachmentTarget.Link => ": another program is attached there already; replace it, or detach it first",
            Errno.EPERM when request.Point.Kind == AttachmentTarget.Cgroup =>
                ": it needs CAP_NET_ADMIN, and what is attached there or in a parent must allow others beside or below it",
            Errno.EPERM or Errno.EACCES => ": it needs CAP_BPF, with CAP_NET_ADMIN for networking or CAP_PERFMON for tracing; run as root",
            Errno.EINVAL when request.Point.Kind == AttachmentTarget.Map && rules[0].AttachType != BpfAttachType.TraceIter =>
                ": it must be a sockmap or sockhash, and a parser needs a stream verdict beside it",
            Errno.EINVAL when request.Replace => ": the program to replace was attached by a link, or in another way",
            Errno.EINVAL => ": program, target and attach type do not suit each other; was it loaded for another attach type, or is it attached there already?",
            Errno.ENOENT when request.Point.Kind == AttachmentTarget.Link && request.Point.Name.Length > 0 => ": there is no such tracepoint",
            Errno.EOPNOTSUPP or Errno.ENOTSUPP => ": neither kernel nor driver can do it",
            _ => "",
        };
        return new BpfException(operation + why, errno);
    }

    private static AttachmentRecord Describe(AttachPoint point, BpfLink link)
    {
        AttachmentRecord told = AttachmentInventory.ByLink(link.Handle);

        // Kernels before 6.6 tell nothing of events.
        return told.TargetKind == point.Kind ? told : told with { TargetKind = point.Kind, Target = point.Name };
    }

    private static AttachmentRecord Describe(AttachPoint point, ProgramInfo program, BpfAttachType attachType, ProgramAttachFlags flags) => new()
    {
        TargetKind = point.Kind,
        Target = point.Name,
        AttachType = attachType,
        ProgId = program.Id,
        ProgType = program.Type,
        ProgName = program.Name,
        AttachFlags = flags switch
        {
            ProgramAttachFlags.AllowMulti => "multi",
            ProgramAttachFlags.AllowOverride => "override",
            _ => "",
        },
        Cgroup = point.Kind == AttachmentTarget.Cgroup ? point.Name : null,
        CgroupId = point.CgroupId,
        MapId = point.MapId,
        NetnsIno = point.NetnsIno,
        IfIndex = point.IfIndex,
        XdpMode = attachType == BpfAttachType.Xdp ? AttachCalls.QueryXdpMode(point, program.Id) : null,
    };

    private static AttachmentRecord Describe(AttachPoint point, ProgramInfo program, LinkInfo link) => new()
    {
        TargetKind = link.Type == BpfLinkType.Iter ? AttachmentTarget.Link : point.Kind,
        Target = point.Kind == AttachmentTarget.Link || link.Type == BpfLinkType.Iter ? link.TargetName ?? program.Name : point.Name,
        AttachType = link.AttachType ?? link.Type switch
        {
            BpfLinkType.Xdp => BpfAttachType.Xdp,
            BpfLinkType.Iter => BpfAttachType.TraceIter,
            _ => null,
        },
        ProgId = program.Id,
        ProgType = program.Type,
        ProgName = program.Name,
        AttachFlags = link.Type == BpfLinkType.Cgroup ? "multi" : "",
        LinkId = link.Id,
        LinkType = link.Type,
        Cgroup = point.Kind == AttachmentTarget.Cgroup ? point.Name : null,
        CgroupId = point.CgroupId,
        MapId = point.MapId,
        NetnsIno = point.NetnsIno,
        IfIndex = point.IfIndex,
        XdpMode = link.Type == BpfLinkType.Xdp ? AttachCalls.QueryXdpMode(point, program.Id) : null,
    };

    private static string As(BpfAttachType? attachType) => attachType is null ? "" : string.Create(CultureInfo.InvariantCulture, $" as {attachType}");
}
