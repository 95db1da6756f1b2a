using System.Globalization;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Links;

/// <summary>An open cgroup v2 directory and its id.</summary>
public sealed class CgroupDirectory : IDisposable
{
    private CgroupDirectory(SafeBpfHandle handle, string path, ulong id)
    {
        Handle = handle;
        Path = path;
        Id = id;
    }

    /// <summary>The descriptor, for links and attachments.</summary>
    public SafeBpfHandle Handle { get; }

    /// <summary>The path that it was opened by.</summary>
    public string Path { get; }

    /// <summary>The cgroup id, as <c>bpf_get_current_cgroup_id</c> and link info give it.</summary>
    public ulong Id { get; }

    /// <summary>Opens a cgroup v2 directory.</summary>
    /// <exception cref="BpfException">ENOENT: there is none; ENOTDIR: it is a file; EBADF: it is not on a cgroup2 file system.</exception>
    public static CgroupDirectory Open(string path)
    {
        const string Operation = "Opening a cgroup";
        SafeBpfHandle handle = DirectoryDescriptor.Open(path, Operation);
        try
        {
            using DescriptorLease lease = new(handle);
            long magic = Syscalls.FileSystemMagic(lease.Descriptor);
            if (magic != Constants.CGROUP2_SUPER_MAGIC)
            {
                throw magic < 0
                    ? new BpfException($"{Operation}: asking for the file system of '{path}'", (int)-magic)
                    : new BpfException($"{Operation}: '{path}' is not on a cgroup2 file system; give a directory below the mount of type cgroup2", Errno.EBADF);
            }

            kernfs_file_handle id = new() { handle_bytes = sizeof(ulong) };
            BpfCommands.ThrowIfFailed(Syscalls.NameToHandle(lease.Descriptor, ref id), $"{Operation}: asking for the id of '{path}'");
            return id.handle_bytes == sizeof(ulong)
                ? new CgroupDirectory(handle, path, id.id)
                : throw new BpfException($"{Operation}: the id of '{path}' has {id.handle_bytes} bytes instead of 8", Errno.EOVERFLOW);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The path of a cgroup, by its id: at once with CAP_DAC_READ_SEARCH, else by a walk through the hierarchy.
    /// </summary>
    /// <param name="id">The cgroup id.</param>
    /// <param name="mountRoot">Where a cgroup2 file system is mounted.</param>
    /// <returns>
    /// The path as this process sees it, or null when there is no such cgroup (any more) below the mount root, or only
    /// in folders that the process may not read.
    /// </returns>
    /// <exception cref="BpfException">The mount root is not what it should be.</exception>
    public static string? FindPath(ulong id, string mountRoot)
    {
        using CgroupDirectory root = Open(mountRoot);
        using DescriptorLease mount = new(root.Handle);
        kernfs_file_handle wanted = new() { handle_bytes = sizeof(ulong), handle_type = Constants.FILEID_KERNFS, id = id };
        int result = Syscalls.OpenByHandle(mount.Descriptor, ref wanted, Constants.O_RDONLY | Constants.O_DIRECTORY);

        // EPERM: no CAP_DAC_READ_SEARCH, or it is in a user namespace other than the first (fs/fhandle.c).
        if (result == -Errno.EPERM)
        {
            return Walk(root, id);
        }

        // ESTALE: no such node; ENOENT: removed while it was looked for; ENOTDIR: the id of a file in some cgroup.
        if (result is -Errno.ESTALE or -Errno.ENOENT or -Errno.ENOTDIR)
        {
            return null;
        }

        BpfCommands.ThrowIfFailed(result, string.Create(CultureInfo.InvariantCulture, $"Looking for cgroup {id} below '{mountRoot}'"));
        using SafeBpfHandle found = SafeBpfHandle.Adopt(result);
        string? path = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{found.DangerousGetHandle()}")).LinkTarget;

        // A cgroup that is removed while it is open keeps a name with this ending, and one outside of what is mounted has
        // a path that begins elsewhere (d_path in fs/d_path.c).
        return path is null || !IsBelow(path, mountRoot) || (path.EndsWith(" (deleted)", StringComparison.Ordinal) && !Directory.Exists(path)) ? null : path;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static bool IsBelow(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || root.EndsWith('/') || path[root.Length] == '/');

    private static string? Walk(CgroupDirectory root, ulong id)
    {
        if (root.Id == id)
        {
            return root.Path;
        }

        EnumerationOptions readable = new() { IgnoreInaccessible = true, RecurseSubdirectories = true };
        return Directory.EnumerateDirectories(root.Path, "*", readable).FirstOrDefault(path => HasId(path, id));
    }

    private static bool HasId(string path, ulong id)
    {
        try
        {
            using CgroupDirectory directory = Open(path);
            return directory.Id == id;
        }
        catch (BpfException e) when (e.Errno is Errno.ENOENT or Errno.ENODEV or Errno.EACCES)
        {
            // Removed in the meantime, or closed to this process.
            return false;
        }
    }
}
