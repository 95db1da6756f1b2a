using Sockmap.Bpf;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;

namespace Sockmap.Proxies.Store;

/// <summary>The folder of all proxies on one bpffs, <c>&lt;bpffs&gt;/sockmapps_proxies</c>.</summary>
internal sealed class ProxyStore
{
    private const string FolderName = "sockmapps_proxies";

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    private ProxyStore(string root) => Root = root;

    public string Root { get; }

    /// <summary>The store of a bpffs; null where no proxy ever ran there.</summary>
    public static ProxyStore? Find(string? bpfFileSystem)
    {
        ProxyStore store = new(Path.Combine(bpfFileSystem ?? BpfFileSystem.StandardMountPoint, FolderName));
        return BpfFileSystem.Exists(store.Root) && BpfFileSystem.IsOnBpfFileSystem(store.Root) && Directory.Exists(store.Root) ? store : null;
    }

    /// <summary>The store of a bpffs, mounted and made where it is not.</summary>
    /// <exception cref="BypassException">The path is on no bpffs (NoBpfFileSystem).</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static ProxyStore FindOrCreate(string? bpfFileSystem)
    {
        string root = bpfFileSystem ?? BpfFileSystem.FindOrMountStandard().MountPoint;
        if (!BpfFileSystem.IsOnBpfFileSystem(root))
        {
            throw new BypassException(
                BypassError.NoBpfFileSystem,
                $"'{root}' is not on a bpffs: mount one there (mount -t bpf bpf {root}), or leave the path out for the standard one.");
        }

        ProxyStore store = new(Path.Combine(root, FolderName));
        try
        {
            BpfFileSystem.CreateDirectory(store.Root);
        }
        catch (BpfException e) when (e.Errno == Errno.EEXIST)
        {
            // It is there, from an earlier proxy or from one that began just now.
        }

        return store;
    }

    /// <summary>Keeps every other process that makes a proxy's folder out until disposed.</summary>
    public IDisposable Lock() => DirectoryLock.Acquire(Root, LockTimeout);

    public IReadOnlyList<string> ListNames() =>
        [.. Directory.EnumerateDirectories(Root).Select(Path.GetFileName).OfType<string>()
            .Where(name => !name.StartsWith(ProxyFolder.UnfinishedPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public ProxyFolder FolderOf(string name) => new(this, name);
}
