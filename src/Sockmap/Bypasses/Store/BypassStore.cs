using Sockmap.Bpf;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bypasses.Store;

/// <summary>
/// The folder of all bypasses on one bpffs, <c>&lt;bpffs&gt;/sockmapps</c>, or another with the same order. A bypass is a
/// folder in it under its own name; a folder whose name begins with '~' (which no bypass may be called) is one being
/// built or taken away, and what a process left that died there.
/// </summary>
internal sealed class BypassStore
{
    /// <summary>The name of the bypasses' folder.</summary>
    public const string FolderName = "sockmapps";

    private BypassStore(string root) => Root = root;

    public string Root { get; }

    /// <summary>The store of a bpffs; null where no bypass was ever installed there.</summary>
    public static BypassStore? Find(string? bpfFileSystem, string folderName = FolderName)
    {
        BypassStore store = new(Path.Combine(bpfFileSystem ?? BpfFileSystem.StandardMountPoint, folderName));
        return store.Exists() ? store : null;
    }

    /// <summary>The store of a bpffs, mounted and made where it is not.</summary>
    public static BypassStore FindOrCreate(string? bpfFileSystem, string folderName = FolderName)
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

            BypassStore store = new(Path.Combine(root, folderName));
            if (!store.Exists())
            {
                store.Create();
            }

            return store;
        }
        catch (BpfException e) when (e.Errno == Errno.EPERM)
        {
            // Mounting takes more than the other steps do, and says so.
            throw new BypassException(BypassError.PermissionDenied, $"{e.Message}.", e);
        }
        catch (BpfException e)
        {
            throw KernelError.Explain(e, BypassError.NoBpfFileSystem);
        }
        catch (TimeoutException e)
        {
            throw new BypassException(BypassError.BypassLocked, e.Message, e);
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
                $"Another process has been installing, changing or removing something in '{Root}' for {timeout.TotalSeconds:0} s: try again when it is done.",
                e);
        }
    }

    public IReadOnlyList<string> ListNames() =>
        [.. ListFolders().Where(name => !name.StartsWith(BypassFolder.UnfinishedPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>What processes that died have left. Only under the lock are they known to be dead.</summary>
    public IReadOnlyList<BypassFolder> ListUnfinished() =>
        [.. ListFolders()
            .Where(name => name.StartsWith(BypassFolder.UnfinishedPrefix, StringComparison.Ordinal))
            .Select(name => FolderOf(name[BypassFolder.UnfinishedPrefix.Length..]).Unfinished)];

    public BypassFolder FolderOf(string name) => new(Root, name, isUnfinished: false);

    /// <summary>
    /// Whether a process died while it replaced this bypass: its other half is there, and nobody is at work.
    /// </summary>
    public bool HasLeftOver(BypassFolder folder)
    {
        if (!folder.Unfinished.Exists)
        {
            return false;
        }

        try
        {
            using DirectoryLock free = DirectoryLock.Acquire(Root, TimeSpan.Zero);
            return folder.Unfinished.Exists;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private bool Exists()
    {
        if (!BpfFileSystem.Exists(Root) || !BpfFileSystem.IsOnBpfFileSystem(Root))
        {
            return false;
        }

        return Directory.Exists(Root)
            ? true
            : throw new BypassException(BypassError.NoBpfFileSystem, $"'{Root}' is no folder, as it has to be: somebody else pinned something there; move it away, or name another bpffs.");
    }

    private void Create()
    {
        try
        {
            BpfFileSystem.CreateDirectory(Root);
        }
        catch (BpfException e) when (e.Errno == Errno.EEXIST && Exists())
        {
            // Another process that installs for the first time was quicker.
        }
    }

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
