using Sockmap.Bpf;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bypasses.Store;

/// <summary>
/// The folder of all bypasses on one bpffs, <c>&lt;bpffs&gt;/sockmapps</c>. A bypass is a folder in it under its own
/// name; a folder whose name begins with '~' (which no bypass may be called) is one being built or taken away, and
/// what a process left that died there.
/// </summary>
internal sealed class BypassStore
{
    private const string FolderName = "sockmapps";
    private const string UnfinishedPrefix = "~";

    private BypassStore(string root) => Root = root;

    public string Root { get; }

    /// <summary>The store of a bpffs; null where no bypass was ever installed there.</summary>
    public static BypassStore? Find(string? bpfFileSystem)
    {
        BypassStore store = new(Path.Combine(bpfFileSystem ?? BpfFileSystem.StandardMountPoint, FolderName));
        return BpfFileSystem.Exists(store.Root) && BpfFileSystem.IsOnBpfFileSystem(store.Root) ? store : null;
    }

    /// <summary>The store of a bpffs, mounted and made where it is not.</summary>
    public static BypassStore FindOrCreate(string? bpfFileSystem)
    {
        try
        {
            string root = bpfFileSystem ?? BpfFileSystem.FindOrMountStandard().MountPoint;
            if (!BpfFileSystem.IsOnBpfFileSystem(root))
            {
                throw new BypassException(
                    BypassError.NoBpfFileSystem,
                    $"'{root}' is not on a bpffs: mount one there (mount -t bpf bpf {root}), or leave the path out for the standard one.");
            }

            BypassStore store = new(Path.Combine(root, FolderName));
            if (!BpfFileSystem.Exists(store.Root))
            {
                BpfFileSystem.CreateDirectory(store.Root);
            }

            return store;
        }
        catch (BpfException e)
        {
            throw KernelError.Explain(e, BypassError.NoBpfFileSystem);
        }
    }

    /// <summary>Keeps every other process that installs or removes out until disposed.</summary>
    public IDisposable Lock(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return DirectoryLock.Acquire(Root, timeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new BypassException(
                BypassError.BypassLocked,
                $"Another process has been installing or removing a bypass in '{Root}' for {timeout.TotalSeconds:0} s: try again when it is done.",
                e);
        }
    }

    public IReadOnlyList<string> ListNames() =>
        [.. ListFolders().Where(name => !name.StartsWith(UnfinishedPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>What processes that died have left. Only under the lock are they known to be dead.</summary>
    public IReadOnlyList<BypassFolder> ListUnfinished() =>
        [.. ListFolders()
            .Where(name => name.StartsWith(UnfinishedPrefix, StringComparison.Ordinal))
            .Select(name => new BypassFolder(name[UnfinishedPrefix.Length..], Path.Combine(Root, name)))];

    public BypassFolder FolderOf(string name) => new(name, Path.Combine(Root, name));

    public BypassFolder UnfinishedFolderOf(string name) => new(name, Path.Combine(Root, UnfinishedPrefix + name));

    private IEnumerable<string> ListFolders()
    {
        try
        {
            return [.. Directory.EnumerateDirectories(Root).Select(Path.GetFileName).OfType<string>()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BypassException(
                BypassError.PermissionDenied,
                $"'{Root}' can be read by root only: run this as root.",
                e);
        }
    }
}
