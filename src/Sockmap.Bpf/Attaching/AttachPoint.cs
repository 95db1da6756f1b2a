using System.Globalization;
using Sockmap.Bpf.Attaching.Hooks;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;

namespace Sockmap.Bpf.Attaching;

/// <summary>Something open that programs are attached to.</summary>
public sealed class AttachPoint : IDisposable
{
    private readonly SafeBpfHandle? _network;
    private readonly bool _ownsHandle;

    private AttachPoint(AttachmentTarget kind, string name, SafeBpfHandle? handle, bool ownsHandle = true, SafeBpfHandle? network = null)
    {
        Kind = kind;
        Name = name;
        Handle = handle;
        _ownsHandle = ownsHandle;
        _network = network;
    }

    /// <summary>What it is.</summary>
    public AttachmentTarget Kind { get; }

    /// <summary>The cgroup's or namespace's path, the map's, interface's, raw tracepoint's or hook's name; empty for what a program names by itself.</summary>
    public string Name { get; }

    /// <summary>The descriptor of a cgroup, map or network namespace.</summary>
    internal SafeBpfHandle? Handle { get; }

    /// <summary>The cgroup's id, where it is a cgroup.</summary>
    internal ulong? CgroupId { get; private init; }

    /// <summary>The map's id, where it is a map.</summary>
    internal uint? MapId { get; private init; }

    /// <summary>The namespace's inode number, where it is one.</summary>
    internal uint? NetnsIno { get; private init; }

    /// <summary>The interface's index, where it is one.</summary>
    internal uint? IfIndex { get; private init; }

    /// <summary>The place that nothing has to be open for, where it is one.</summary>
    internal AttachHook? Hook { get; private init; }

    /// <summary>Opens a cgroup.</summary>
    /// <param name="path">A cgroup v2 directory.</param>
    /// <exception cref="BpfException">ENOENT: there is none; ENOTDIR, EBADF: it is something else.</exception>
    public static AttachPoint OpenCgroup(string path)
    {
        CgroupDirectory directory = CgroupDirectory.Open(path);
        return new AttachPoint(AttachmentTarget.Cgroup, directory.Path, directory.Handle) { CgroupId = directory.Id };
    }

    /// <summary>A sockmap or sockhash; or any map for a program that iterates over its elements.</summary>
    /// <param name="map">The map, which must stay open meanwhile and is not disposed with this.</param>
    public static AttachPoint OfMap(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return new AttachPoint(AttachmentTarget.Map, map.Name, map.Handle, ownsHandle: false) { MapId = map.GetInfo().Id };
    }

    /// <summary>Opens a map by its id. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is none (ENOENT), or the process may not (EPERM).</exception>
    public static AttachPoint OpenMapById(uint id) => OwnMap(BpfMap.OpenById(id));

    /// <summary>Opens a pinned map.</summary>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a map is pinned there.</exception>
    public static AttachPoint OpenPinnedMap(string path) => OwnMap(BpfMap.OpenPinned(path));

    /// <summary>Opens a network namespace.</summary>
    /// <param name="path">Its file: <c>/run/netns/name</c>, <c>/proc/123/ns/net</c>; null for this thread's.</param>
    /// <exception cref="BpfException">ENOENT: there is none; EBADF: it is something else; EACCES: the process may not.</exception>
    public static AttachPoint OpenNetworkNamespace(string? path = null)
    {
        string file = path ?? OwnNetworkNamespace;
        SafeBpfHandle handle = OpenNamespaceFile(file, out uint inode);
        return new AttachPoint(AttachmentTarget.NetworkNamespace, file, handle, network: path is null ? null : handle) { NetnsIno = inode };
    }

    /// <summary>Finds a network interface.</summary>
    /// <param name="nameOrIndex">Its name, or its index.</param>
    /// <param name="networkNamespace">The file of the network namespace that it is in; null for this thread's.</param>
    /// <exception cref="BpfException">ENODEV: there is none.</exception>
    public static AttachPoint OpenInterface(string nameOrIndex, string? networkNamespace = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrIndex);
        SafeBpfHandle? network = networkNamespace is null ? null : OpenNamespaceFile(networkNamespace, out _);
        try
        {
            (uint index, string name) = network is null
                ? FindInterface(nameOrIndex, networkNamespace)
                : NetworkNamespaceThread.Run(network, () => FindInterface(nameOrIndex, networkNamespace));
            return new AttachPoint(AttachmentTarget.Interface, name, null, network: network) { IfIndex = index };
        }
        catch
        {
            network?.Dispose();
            throw;
        }
    }

    /// <summary>What a program names by itself when it is loaded (functions, iterators), or a raw tracepoint.</summary>
    /// <param name="tracepoint">The raw tracepoint's name, for programs of type RawTracepoint; else null.</param>
    public static AttachPoint OfProgram(string? tracepoint = null) => new(AttachmentTarget.Link, tracepoint ?? "", null);

    /// <summary>A function, a tracepoint, an event, or a place in Netfilter.</summary>
    /// <param name="hook">Which.</param>
    /// <param name="networkNamespace">The file of the network namespace that it is in, for Netfilter; null for this thread's.</param>
    /// <exception cref="ArgumentException">It cannot be as it is described; or a namespace is given for something else than Netfilter.</exception>
    /// <exception cref="BpfException">ENOENT: there is no such namespace; EBADF: it is something else; EACCES: the process may not.</exception>
    public static AttachPoint OfHook(AttachHook hook, string? networkNamespace = null)
    {
        ArgumentNullException.ThrowIfNull(hook);
        if (hook.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(hook));
        }

        if (networkNamespace is not null && hook.Kind != AttachmentTarget.Netfilter)
        {
            throw new ArgumentException($"{hook} is in no network namespace; leave '{networkNamespace}' out.", nameof(networkNamespace));
        }

        return new AttachPoint(hook.Kind, hook.Name, null, network: networkNamespace is null ? null : OpenNamespaceFile(networkNamespace, out _)) { Hook = hook };
    }

    /// <summary>Opens what an attachment that was listed is attached to.</summary>
    /// <exception cref="BpfException">It is gone (ENOENT, ENODEV), or the process may not.</exception>
    /// <exception cref="ArgumentException">The attachment does not tell what it is attached to.</exception>
    public static AttachPoint Open(AttachmentRecord attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        switch (attachment.TargetKind)
        {
            case AttachmentTarget.Cgroup when attachment.Cgroup is { } path:
                return OpenCgroup(path);
            case AttachmentTarget.Map when attachment.MapId is { } id:
                return OpenMapById(id);
            case AttachmentTarget.NetworkNamespace when attachment.NetnsIno is { } inode:
                return OpenNetworkNamespace(FindNamespaceFile(inode, attachment.Target));
            case AttachmentTarget.Interface when attachment.IfIndex is { } index:
                return OpenInterface(index.ToString(CultureInfo.InvariantCulture));
            default:
                throw new ArgumentException($"The attachment of program {attachment.ProgId} to '{attachment.Target}' does not say how to find that again.", nameof(attachment));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsHandle)
        {
            Handle?.Dispose();
        }

        _network?.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        AttachmentTarget.Cgroup => $"cgroup '{Name}'",
        AttachmentTarget.Map => string.Create(CultureInfo.InvariantCulture, $"map {MapId} '{Name}'"),
        AttachmentTarget.NetworkNamespace => $"network namespace '{Name}'",
        AttachmentTarget.Interface => $"interface '{Name}'",
        _ when Hook is not null => Hook.ToString(),
        _ when Name.Length > 0 => $"raw tracepoint '{Name}'",
        _ => "what the program names",
    };

    /// <summary>Runs a call in the network namespace that the point is in.</summary>
    internal T Run<T>(Func<T> call) => _network is null ? call() : NetworkNamespaceThread.Run(_network, call);

    private const string OwnNetworkNamespace = "/proc/thread-self/ns/net";

    private static AttachPoint OwnMap(BpfMap map) => new(AttachmentTarget.Map, map.Name, map.Handle) { MapId = map.GetInfo().Id };

    private static SafeBpfHandle OpenNamespaceFile(string path, out uint inode)
    {
        const string Operation = "Opening a network namespace";
        int result = Syscalls.Open(path, Constants.O_RDONLY);
        if (result < 0)
        {
            throw result == -Errno.ENOENT
                ? new BpfException($"{Operation}: there is no file '{path}'", Errno.ENOENT)
                : new BpfException($"{Operation}: opening '{path}'", -result);
        }

        SafeBpfHandle handle = SafeBpfHandle.Adopt(result);
        using DescriptorLease lease = new(handle);
        if (TryParseNamespace(new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{lease.Descriptor}")).LinkTarget, out inode)
            || (Syscalls.FileSystemMagic(lease.Descriptor) == Constants.NSFS_MAGIC && InodeOfBoundFile(path, out inode)))
        {
            return handle;
        }

        handle.Dispose();
        throw new BpfException($"{Operation}: '{path}' is no network namespace; give a file such as /run/netns/name or /proc/123/ns/net", Errno.EBADF);
    }

    // "net:[4026531840]" (ns_dname in fs/nsfs.c).
    private static bool TryParseNamespace(string? link, out uint inode)
    {
        const string Prefix = "net:[";
        inode = 0;
        int start = link?.LastIndexOf(Prefix, StringComparison.Ordinal) ?? -1;
        return start >= 0 && link![^1] == ']'
            && uint.TryParse(link.AsSpan()[(start + Prefix.Length)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out inode);
    }

    // A descriptor of a file that a namespace is bound to is shown by that file's path; the mount's root has the kind and the number.
    private static bool InodeOfBoundFile(string path, out uint inode)
    {
        inode = 0;
        string full = Path.GetFullPath(path);
        string? root = Pinning.MountTable.Find("nsfs").LastOrDefault(mount => string.Equals(mount.MountPoint, full, StringComparison.Ordinal))?.Root;
        return TryParseNamespace(root, out inode);
    }

    private static string FindNamespaceFile(uint inode, string hint)
    {
        foreach (string candidate in Candidates().Where(File.Exists))
        {
            try
            {
                using SafeBpfHandle handle = OpenNamespaceFile(candidate, out uint found);
                if (found == inode)
                {
                    return candidate;
                }
            }
            catch (BpfException)
            {
                // A process that ended meanwhile, or one that may not be looked into: some other file may lead there.
            }
        }

        throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"No file that this process may open leads to network namespace {inode}"), Errno.ENOENT);

        IEnumerable<string> Candidates()
        {
            yield return OwnNetworkNamespace;
            if (hint.StartsWith('/'))
            {
                yield return hint;
            }

            foreach (Pinning.MountEntry mount in Pinning.MountTable.Find("nsfs"))
            {
                yield return mount.MountPoint;
            }

            foreach (string process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(path["/proc/".Length])))
            {
                yield return process + "/ns/net";
            }
        }
    }

    private static (uint Index, string Name) FindInterface(string nameOrIndex, string? networkNamespace)
    {
        // A name may be all digits (dev_valid_name in net/core/dev.c), and it comes first.
        int index = Syscalls.InterfaceIndex(nameOrIndex);
        if (index > 0)
        {
            return ((uint)index, nameOrIndex);
        }

        if (uint.TryParse(nameOrIndex, NumberStyles.None, CultureInfo.InvariantCulture, out uint given) && given > 0 && Syscalls.InterfaceName(given) is { } name)
        {
            return (given, name);
        }

        string place = networkNamespace is null ? "this network namespace" : $"network namespace '{networkNamespace}'";
        throw new BpfException($"There is no interface '{nameOrIndex}' in {place}", Errno.ENODEV);
    }
}
