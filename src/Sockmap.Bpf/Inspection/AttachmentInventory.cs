using System.Globalization;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Inspection;

/// <summary>
/// Who is attached where, by link or without: each place is asked itself (BPF_PROG_QUERY, rtnetlink), and links name the rest.
/// </summary>
/// <remarks>
/// Listings stream, and leave out what goes away between two calls. Asking needs CAP_NET_ADMIN, finding the links CAP_SYS_ADMIN.
/// Not for several threads at a time.
/// </remarks>
public sealed class AttachmentInventory
{
    private static readonly BpfAttachType[] CgroupTypes =
    [
        .. Enum.GetValues<BpfAttachType>().Where(static type => type == BpfAttachType.LsmCgroup || type.ToString().StartsWith("Cgroup", StringComparison.Ordinal)),
    ];

    private static readonly BpfAttachType[] SockmapTypes =
        [BpfAttachType.SkMsgVerdict, BpfAttachType.SkSkbStreamParser, BpfAttachType.SkSkbStreamVerdict, BpfAttachType.SkSkbVerdict];

    private static readonly BpfAttachType[] NetnsTypes = [BpfAttachType.FlowDissector, BpfAttachType.SkLookup];

    private static readonly BpfAttachType[] InterfaceTypes =
        [BpfAttachType.TcxIngress, BpfAttachType.TcxEgress, BpfAttachType.NetkitPrimary, BpfAttachType.NetkitPeer];

    private readonly BpfInventory _inventory;
    private readonly HashSet<uint> _shownLinks = [];
    private List<LinkRecord>? _links;
    private bool _toldForbidden;

    /// <summary>Makes an inventory; nothing is asked yet.</summary>
    /// <param name="options">How to list; null for problems thrown. Pins and holders are not looked for here.</param>
    public AttachmentInventory(BpfInventoryOptions? options = null)
    {
        _inventory = new BpfInventory((options ?? new()) with { FindHolders = false, FindPins = false });
    }

    /// <summary>Every attachment that this process can see: on all cgroups, sockmaps, network namespaces and interfaces, and by any other link.</summary>
    public IEnumerable<AttachmentRecord> All()
    {
        string? root = CgroupRoot();
        IEnumerable<AttachmentRecord> cgroups = root is null ? [] : OnCgroup(root, recurse: true);
        return cgroups.Concat(OnMaps()).Concat(OnNetworkNamespaces()).Concat(OnInterfaces()).Concat(ByOtherLinks());
    }

    /// <summary>What is attached to a cgroup.</summary>
    /// <param name="path">A cgroup v2 directory.</param>
    /// <param name="recurse">Also what is attached to the cgroups below.</param>
    /// <param name="effective">What runs for the processes in the cgroup, wherever it is attached, in the order in which it runs; flags are not told then.</param>
    /// <exception cref="BpfException">Thrown while enumerating. ENOENT: there is none; EBADF: it is no cgroup; EPERM: the process may not ask.</exception>
    public IEnumerable<AttachmentRecord> OnCgroup(string path, bool recurse = false, bool effective = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Cgroups(path, recurse, effective);
    }

    /// <summary>What is attached to the sockmaps and sockhashes, by link or without (5.18).</summary>
    public IEnumerable<AttachmentRecord> OnMaps() => _inventory.WithSockmaps((handle, info) => AskMap(handle, info)).SelectMany(static found => found);

    /// <summary>What is attached to one sockmap or sockhash.</summary>
    /// <param name="id">The map's id.</param>
    /// <exception cref="BpfException">ENOENT: there is no such map; EINVAL: it is another type of map; EPERM: the process may not open it.</exception>
    public IEnumerable<AttachmentRecord> OnMap(uint id)
    {
        using SafeBpfHandle handle = BpfInventory.Open(ObjectKind.Map, id);
        return OnMap(handle);
    }

    /// <summary>What is attached to one pinned sockmap or sockhash.</summary>
    /// <param name="path">The pin.</param>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a map is pinned there.</exception>
    public IEnumerable<AttachmentRecord> OnPinnedMap(string path)
    {
        using SafeBpfHandle handle = BpfObjectKinds.Require(BpfCommands.OpenPinned(path, "map"), BpfObjectKind.Map, path);
        return OnMap(handle);
    }

    /// <summary>What is attached to the network namespaces that this process can see.</summary>
    public IEnumerable<AttachmentRecord> OnNetworkNamespaces()
    {
        foreach ((string path, uint inode) in NetworkNamespaces.Find())
        {
            foreach (AttachmentRecord record in OnNetworkNamespace(path, inode))
            {
                yield return record;
            }
        }
    }

    /// <summary>What is attached to the interfaces of this thread's network namespace: XDP, tcx and netkit.</summary>
    /// <param name="name">One interface's name; null for all.</param>
    /// <exception cref="BpfException">Thrown while enumerating. ENODEV: there is no such interface.</exception>
    public IEnumerable<AttachmentRecord> OnInterfaces(string? name = null)
    {
        bool found = false;
        foreach (InterfaceState state in InterfaceTable.Read())
        {
            if (name is not null && !string.Equals(state.Name, name, StringComparison.Ordinal))
            {
                continue;
            }

            found = true;
            foreach (AttachmentRecord record in OnInterface(state))
            {
                yield return record;
            }
        }

        if (!found && name is not null)
        {
            throw new BpfException($"There is no network interface '{name}' in this network namespace", Errno.ENODEV);
        }
    }

    /// <summary>What every link attaches, as the links themselves tell it.</summary>
    public IEnumerable<AttachmentRecord> ByLinks() => Links().Select(ByLink);

    private static string? CgroupRoot() => MountTable.Find("cgroup2")
        .OrderByDescending(static mount => string.Equals(mount.Root, "/", StringComparison.Ordinal))
        .Select(static mount => mount.MountPoint)
        .FirstOrDefault();

    private static string FlagWords(uint flags)
    {
        List<string> words = [];
        if ((flags & Constants.BPF_F_ALLOW_OVERRIDE) != 0)
        {
            words.Add("override");
        }

        if ((flags & Constants.BPF_F_ALLOW_MULTI) != 0)
        {
            words.Add("multi");
        }

        if ((flags & ~(Constants.BPF_F_ALLOW_OVERRIDE | Constants.BPF_F_ALLOW_MULTI)) is > 0 and uint unknown)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"0x{unknown:x}"));
        }

        return string.Join(',', words);
    }

    private IEnumerable<AttachmentRecord> Cgroups(string path, bool recurse, bool effective)
    {
        Stack<string> folders = new([path]);
        bool first = true;
        while (folders.TryPop(out string? folder))
        {
            CgroupDirectory? cgroup = OpenCgroup(folder, required: first);
            first = false;
            if (cgroup is null)
            {
                continue;
            }

            using (cgroup)
            {
                foreach (AttachmentRecord record in AskCgroup(cgroup, effective))
                {
                    yield return record;
                }
            }

            if (recurse)
            {
                foreach (string child in Children(folder))
                {
                    folders.Push(child);
                }
            }
        }
    }

    private CgroupDirectory? OpenCgroup(string path, bool required)
    {
        try
        {
            return CgroupDirectory.Open(path);
        }
        catch (BpfException exception) when (!required)
        {
            // One that is removed while the tree is walked is nobody's loss.
            if (exception.Errno != Errno.ENOENT)
            {
                _inventory.TakeProblem(exception);
            }

            return null;
        }
    }

    private string[] Children(string folder)
    {
        try
        {
            // Pushed in reverse, so that they come out in order.
            return [.. Directory.GetDirectories(folder).OrderDescending(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (IOException)
        {
            // ENODEV: removed while it was read.
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            _inventory.TakeProblem(new BpfException($"Looking for cgroups below '{folder}' needs the right to read it; run as root", Errno.EACCES));
            return [];
        }
    }

    private List<AttachmentRecord> AskCgroup(CgroupDirectory cgroup, bool effective)
    {
        List<AttachmentRecord> found = [];
        List<ulong> owners = effective ? WithAncestors(cgroup) : [cgroup.Id];
        using DescriptorLease lease = new(cgroup.Handle);
        foreach (BpfAttachType type in CgroupTypes)
        {
            int result = AttachmentQuery.Ask((uint)lease.Descriptor, type, effective, withLinks: false, out AttachmentQuery answer);
            if (!Usable(result, $"Asking cgroup '{cgroup.Path}' what is attached ({type})"))
            {
                continue;
            }

            HashSet<uint> taken = [];
            foreach (uint program in answer.Programs)
            {
                // A program can be linked to several of the cgroups that it is inherited from: the nearest comes first.
                LinkRecord? link = owners.Select(owner => FindLink(candidate => candidate.Type == BpfLinkType.Cgroup
                    && candidate.ProgId == program
                    && candidate.AttachType == type
                    && candidate.CgroupId == owner
                    && (effective ? !taken.Contains(candidate.Id) : !_shownLinks.Contains(candidate.Id)))).FirstOrDefault(static candidate => candidate is not null);
                if (link is not null)
                {
                    taken.Add(link.Id);
                }

                found.Add(Record(AttachmentTarget.Cgroup, cgroup.Path, type, program, link) with
                {
                    Cgroup = cgroup.Path,
                    CgroupId = cgroup.Id,
                    AttachFlags = effective ? "" : FlagWords(answer.Flags),
                    Effective = effective,
                });
            }
        }

        return found;
    }

    /// <summary>The ids of a cgroup and of those above it, the nearest first, as far as they can be seen from here.</summary>
    private static List<ulong> WithAncestors(CgroupDirectory cgroup)
    {
        List<ulong> ids = [cgroup.Id];
        for (string? path = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(cgroup.Path)); path is not null; path = Path.GetDirectoryName(path))
        {
            try
            {
                using CgroupDirectory above = CgroupDirectory.Open(path);
                ids.Add(above.Id);
            }
            catch (BpfException exception) when (exception.Errno is Errno.EBADF or Errno.ENOENT or Errno.EACCES)
            {
                // Above the hierarchy's root, or hidden from this process.
                break;
            }
        }

        return ids;
    }

    private List<AttachmentRecord> OnMap(SafeBpfHandle handle)
    {
        bpf_map_info info = default;
        BpfCommands.GetInfo(handle, ref info, "a map");
        return (BpfMapType)info.type is BpfMapType.SockMap or BpfMapType.SockHash
            ? AskMap(handle, info)
            : throw new BpfException($"Map {info.id} is of type {(BpfMapType)info.type}; programs are attached to maps of type SockMap and SockHash only", Errno.EINVAL);
    }

    private List<AttachmentRecord> AskMap(SafeBpfHandle handle, bpf_map_info info)
    {
        List<AttachmentRecord> found = [];
        string name = info.name.IsEmpty ? string.Create(CultureInfo.InvariantCulture, $"map {info.id}") : info.name.ToString();
        using DescriptorLease lease = new(handle);
        foreach (BpfAttachType type in SockmapTypes)
        {
            int result = AttachmentQuery.Ask((uint)lease.Descriptor, type, effective: false, withLinks: false, out AttachmentQuery answer);
            if (!Usable(result, $"Asking map {info.id} what is attached ({type})"))
            {
                continue;
            }

            foreach (uint program in answer.Programs)
            {
                LinkRecord? link = FindLink(candidate => candidate.Type == BpfLinkType.Sockmap
                    && candidate.MapId == info.id
                    && candidate.ProgId == program
                    && candidate.AttachType == type);
                found.Add(Record(AttachmentTarget.Map, name, type, program, link) with { MapId = info.id });
            }
        }

        return found;
    }

    private List<AttachmentRecord> OnNetworkNamespace(string path, uint inode)
    {
        List<AttachmentRecord> found = [];
        int opened = Syscalls.Open(path, Constants.O_RDONLY);

        // The process has ended, or is somebody else's.
        if (opened < 0)
        {
            return found;
        }

        using SafeBpfHandle handle = SafeBpfHandle.Adopt(opened);
        using DescriptorLease lease = new(handle);
        foreach (BpfAttachType type in NetnsTypes)
        {
            int result = AttachmentQuery.Ask((uint)lease.Descriptor, type, effective: false, withLinks: false, out AttachmentQuery answer);
            if (!Usable(result, $"Asking network namespace '{path}' what is attached ({type})"))
            {
                continue;
            }

            foreach (uint program in answer.Programs)
            {
                LinkRecord? link = FindLink(candidate => candidate.Type == BpfLinkType.Netns
                    && candidate.NetnsIno == inode
                    && candidate.ProgId == program
                    && candidate.AttachType == type
                    && !_shownLinks.Contains(candidate.Id));
                found.Add(Record(AttachmentTarget.NetworkNamespace, path, type, program, link) with { NetnsIno = inode });
            }
        }

        return found;
    }

    private List<AttachmentRecord> OnInterface(InterfaceState state)
    {
        List<AttachmentRecord> found = [];
        foreach ((string mode, uint program) in state.Xdp)
        {
            LinkRecord? link = FindLink(candidate => candidate.Type == BpfLinkType.Xdp && candidate.IfIndex == state.Index && candidate.ProgId == program);
            found.Add(Record(AttachmentTarget.Interface, state.Name, BpfAttachType.Xdp, program, link) with { IfIndex = state.Index, XdpMode = mode });
        }

        foreach (BpfAttachType type in InterfaceTypes)
        {
            int result = AttachmentQuery.Ask(state.Index, type, effective: false, withLinks: true, out AttachmentQuery answer);
            if (!Usable(result, $"Asking interface '{state.Name}' what is attached ({type})"))
            {
                continue;
            }

            for (int i = 0; i < answer.Programs.Length; i++)
            {
                uint linkId = answer.Links[i];
                LinkRecord? link = linkId == 0 ? null : FindLink(candidate => candidate.Id == linkId);
                found.Add(Record(AttachmentTarget.Interface, state.Name, type, answer.Programs[i], link) with { IfIndex = state.Index });
            }
        }

        return found;
    }

    private IEnumerable<AttachmentRecord> ByOtherLinks() => Links().Where(link => !_shownLinks.Contains(link.Id)).Select(ByLink);

    /// <summary>What one link attaches.</summary>
    internal static AttachmentRecord ByLink(SafeBpfHandle link)
    {
        AttachmentInventory inventory = new();
        return inventory.ByLink(new LinkReader(inventory._inventory.Names).Read(link));
    }

    private AttachmentRecord ByLink(LinkRecord link) => Record(KindOf(link), TargetOf(link), link.AttachType, link.ProgId, link) with
    {
        CgroupId = link.CgroupId,
        MapId = link.MapId,
        NetnsIno = link.NetnsIno,
        IfIndex = link.IfIndex,
        RawInfo = link.RawInfo,
    };

    private static AttachmentTarget KindOf(LinkRecord link) => (link.Type, (BpfPerfEventType?)link.PerfEventType) switch
    {
        (BpfLinkType.KprobeMulti, _) or (BpfLinkType.PerfEvent, BpfPerfEventType.Kprobe or BpfPerfEventType.Kretprobe) => AttachmentTarget.KernelFunction,
        (BpfLinkType.UprobeMulti, _) or (BpfLinkType.PerfEvent, BpfPerfEventType.Uprobe or BpfPerfEventType.Uretprobe) => AttachmentTarget.UserFunction,
        (BpfLinkType.PerfEvent, BpfPerfEventType.Tracepoint) => AttachmentTarget.Tracepoint,

        // Kernels before 6.6 do not tell what kind of event it is.
        (BpfLinkType.PerfEvent, _) => AttachmentTarget.PerfEvent,
        (BpfLinkType.Netfilter, _) => AttachmentTarget.Netfilter,
        (BpfLinkType.StructOps, _) => AttachmentTarget.StructOps,
        _ => AttachmentTarget.Link,
    };

    private static string PerfTarget(LinkRecord link) => (BpfPerfEventType?)link.PerfEventType switch
    {
        BpfPerfEventType.Uprobe or BpfPerfEventType.Uretprobe => string.Create(CultureInfo.InvariantCulture, $"{link.File}+0x{link.Offset:x}"),
        BpfPerfEventType.Kprobe or BpfPerfEventType.Kretprobe when link.Offset > 0 => string.Create(CultureInfo.InvariantCulture, $"{link.Func}+0x{link.Offset:x}"),
        BpfPerfEventType.Event => string.Create(CultureInfo.InvariantCulture, $"event {link.EventType}:{link.EventConfig}"),
        null or BpfPerfEventType.Unspecified => "perf event",
        _ => link.Func ?? "",
    };

    private string TargetOf(LinkRecord link) => link.Type switch
    {
        BpfLinkType.RawTracepoint => link.TpName ?? "",
        BpfLinkType.Tracing => _inventory.Names.AttachTargetName(link.ProgId) ?? string.Create(CultureInfo.InvariantCulture, $"object {link.TargetObjId} type {link.TargetBtfId}"),
        BpfLinkType.Iter => link.TargetName ?? "",
        BpfLinkType.PerfEvent => PerfTarget(link),
        BpfLinkType.KprobeMulti => string.Create(CultureInfo.InvariantCulture, $"{link.FuncCnt} functions"),
        BpfLinkType.UprobeMulti => link.File ?? "",
        BpfLinkType.Netfilter => string.Create(CultureInfo.InvariantCulture, $"pf {link.Pf} hook {link.Hook} prio {link.Prio}"),
        BpfLinkType.Cgroup => string.Create(CultureInfo.InvariantCulture, $"cgroup {link.CgroupId}"),
        BpfLinkType.Netns => string.Create(CultureInfo.InvariantCulture, $"network namespace {link.NetnsIno}"),
        BpfLinkType.Sockmap or BpfLinkType.StructOps => string.Create(CultureInfo.InvariantCulture, $"map {link.MapId}"),
        BpfLinkType.Xdp or BpfLinkType.Tcx or BpfLinkType.Netkit => link.DevName ?? string.Create(CultureInfo.InvariantCulture, $"interface {link.IfIndex}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"link type {(int)link.Type}"),
    };

    private AttachmentRecord Record(AttachmentTarget kind, string target, BpfAttachType? type, uint program, LinkRecord? link)
    {
        ProgramIdentity identity = _inventory.Names.Find(program);
        if (link is not null)
        {
            _shownLinks.Add(link.Id);
        }

        return new AttachmentRecord
        {
            TargetKind = kind,
            Target = target,
            AttachType = type,
            ProgId = program,
            ProgType = identity.Type,
            ProgName = identity.Name,
            LinkId = link?.Id,
            LinkType = link?.Type,
        };
    }

    /// <summary>Whether an answer can be used. Kernels that know nothing of a place, and places that are gone, have nothing attached.</summary>
    private bool Usable(int result, string operation)
    {
        if (result >= 0)
        {
            return true;
        }

        if (result == -Errno.EPERM)
        {
            if (!_toldForbidden)
            {
                _toldForbidden = true;
                _inventory.TakeProblem(new BpfException($"{operation} needs CAP_NET_ADMIN; run as root", Errno.EPERM));
            }
        }
        else
        {
            _inventory.Log($"{operation}: {Errno.Describe(-result)}");
        }

        return false;
    }

    private LinkRecord? FindLink(Func<LinkRecord, bool> matches) => Links().FirstOrDefault(matches);

    private List<LinkRecord> Links()
    {
        if (_links is null)
        {
            _links = [];
            try
            {
                _links.AddRange(_inventory.BareLinks());
            }
            catch (BpfException exception) when (exception.Errno is Errno.EPERM or Errno.EINVAL)
            {
                // Attachments can be told without their links; EINVAL: a kernel before 5.8 lists none.
                _inventory.Log(exception.Message);
            }
        }

        return _links;
    }
}
