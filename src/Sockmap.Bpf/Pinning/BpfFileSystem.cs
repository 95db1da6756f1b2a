using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Pinning;

/// <summary>The file system that pins live on (kernel/bpf/inode.c).</summary>
public static class BpfFileSystem
{
    /// <summary>Where systemd, bpftool and libbpf expect it.</summary>
    public const string StandardMountPoint = "/sys/fs/bpf";

    private const string FileSystemType = "bpf";
    private const string StandardParent = "/sys/fs";
    private const uint OwnerOnly = 0b111_000_000;
    private const int LongestName = 255;
    private const ulong NoSuidNoDevNoExec = 2 | 4 | 8;
    private static readonly TimeSpan MountLockTimeout = TimeSpan.FromSeconds(10);

    /// <summary>All mounts of bpffs that this thread sees.</summary>
    public static IReadOnlyList<MountEntry> FindMounts() => MountTable.Find(FileSystemType);

    /// <summary>
    /// The mount at /sys/fs/bpf. When nothing is mounted there, a bpffs is (mode 0700); nothing is ever mounted anywhere else or over something else.
    /// </summary>
    /// <exception cref="BpfException">EBUSY: something else is mounted there; ENOENT: the kernel has no bpffs; EPERM: mounting needs CAP_SYS_ADMIN.</exception>
    public static MountEntry FindOrMountStandard()
    {
        const string Operation = $"Mounting a bpffs at {StandardMountPoint}";
        if (FindStandard(Operation) is { } present)
        {
            return present;
        }

        // Two processes that both find nothing would mount over each other.
        using DirectoryLock mountLock = DirectoryLock.Acquire(StandardParent, MountLockTimeout);
        if (FindStandard(Operation) is { } meanwhile)
        {
            return meanwhile;
        }

        int result = Syscalls.Mount("bpf", StandardMountPoint, FileSystemType, NoSuidNoDevNoExec, "mode=0700");
        switch (result)
        {
            case >= 0:
                return FindStandard(Operation) ?? throw new BpfException($"{Operation}: it was mounted and is gone again", Errno.ENOENT);
            case -Errno.EPERM:
                throw new BpfException($"{Operation} needs CAP_SYS_ADMIN; run as root once, or 'mount -t bpf bpf {StandardMountPoint}' beforehand", Errno.EPERM);
            case -Errno.ENOENT:
                throw new BpfException($"{Operation}: the directory does not exist; is sysfs mounted, and has the kernel CONFIG_BPF_SYSCALL?", Errno.ENOENT);
            default:
                throw new BpfException(Operation, -result);
        }
    }

    /// <summary>Whether a path lies on a bpffs. What does not exist lies on none.</summary>
    /// <exception cref="BpfException">The path cannot be reached (EACCES).</exception>
    public static bool IsOnBpfFileSystem(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        long magic = Syscalls.FileSystemMagic(path);
        return magic switch
        {
            Constants.BPF_FS_MAGIC => true,
            -Errno.ENOENT or -Errno.ENOTDIR => false,
            < 0 => throw new BpfException($"Asking for the file system of '{path}'", (int)-magic),
            _ => false,
        };
    }

    /// <summary>
    /// Whether a name can be given to a pin or a directory on a bpffs: not empty, no '/', no zero, no '.' (kept for extensions, bpf_lookup in kernel/bpf/inode.c),
    /// and at most 255 bytes.
    /// </summary>
    public static bool IsValidName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length > 0
            && name.AsSpan().IndexOfAny('/', '.', '\0') < 0
            && System.Text.Encoding.UTF8.GetByteCount(name) <= LongestName;
    }

    /// <summary>Throws a clear error unless a new pin can be made at the path.</summary>
    /// <exception cref="ArgumentException">The path is not absolute, its last name is not allowed, or its directory is not on a bpffs.</exception>
    /// <exception cref="BpfException">The directory cannot be reached.</exception>
    public static void ThrowIfInvalidPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path[0] != '/')
        {
            throw new ArgumentException($"'{path}' is not an absolute path; give one such as {StandardMountPoint}/name.", nameof(path));
        }

        string name = Path.GetFileName(path);
        if (!IsValidName(name))
        {
            throw new ArgumentException($"'{name}' in '{path}' cannot be a name on a bpffs: use 1 to {LongestName} bytes without '.'.", nameof(path));
        }

        string directory = Path.GetDirectoryName(path)!;
        if (!IsOnBpfFileSystem(directory))
        {
            throw new ArgumentException($"'{directory}' is not a directory on a bpffs, so '{name}' cannot be pinned there; use one below {StandardMountPoint}.", nameof(path));
        }
    }

    /// <summary>Whether something (pin or directory) is at the path.</summary>
    /// <exception cref="BpfException">The path cannot be reached (EACCES).</exception>
    public static bool Exists(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        int result = Syscalls.Access(path);
        return result switch
        {
            >= 0 => true,
            -Errno.ENOENT or -Errno.ENOTDIR => false,
            _ => throw new BpfException($"Looking for '{path}'", -result),
        };
    }

    /// <summary>Makes a directory that only its owner may enter (0700).</summary>
    /// <exception cref="BpfException">EEXIST: it is there; EPERM: the name has a '.'.</exception>
    public static void CreateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        BpfCommands.ThrowIfFailed(Syscalls.Mkdir(path, OwnerOnly), $"Making directory '{path}'");
    }

    /// <summary>Renames a pin or a directory in one step; never over something.</summary>
    /// <exception cref="BpfException">EEXIST: the new path is taken; ENOENT; EXDEV: the paths are on two file systems.</exception>
    public static void Rename(string from, string to)
    {
        ArgumentException.ThrowIfNullOrEmpty(from);
        ArgumentException.ThrowIfNullOrEmpty(to);
        BpfCommands.ThrowIfFailed(Syscalls.Rename(from, to, Constants.RENAME_NOREPLACE), $"Renaming '{from}' to '{to}'");
    }

    /// <summary>Lets two pins or directories change places in one step (RENAME_EXCHANGE).</summary>
    /// <exception cref="BpfException">ENOENT: one of them is not there; EXDEV: they are on two file systems.</exception>
    public static void Exchange(string first, string second)
    {
        ArgumentException.ThrowIfNullOrEmpty(first);
        ArgumentException.ThrowIfNullOrEmpty(second);
        BpfCommands.ThrowIfFailed(Syscalls.Rename(first, second, Constants.RENAME_EXCHANGE), $"Exchanging '{first}' and '{second}'");
    }

    /// <summary>Removes a pin. What it held goes on living while something else refers to it.</summary>
    /// <returns>False when there was none.</returns>
    /// <exception cref="BpfException">EISDIR: it is a directory; EPERM or EACCES.</exception>
    public static bool RemovePin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        int result = Syscalls.Unlink(path);
        if (result == -Errno.ENOENT)
        {
            return false;
        }

        BpfCommands.ThrowIfFailed(result, $"Removing pin '{path}'");
        return true;
    }

    /// <summary>Removes a directory on a bpffs with all in it. Symbolic links are removed, not followed.</summary>
    /// <returns>False when there was none.</returns>
    /// <exception cref="ArgumentException">The directory is not on a bpffs, or something is mounted on it or below it: nothing was removed.</exception>
    /// <exception cref="BpfException">Something in it could not be removed.</exception>
    public static bool RemoveDirectory(string path)
    {
        if (!Exists(path))
        {
            return false;
        }

        if (new FileInfo(path).LinkTarget is not null || !IsOnBpfFileSystem(path))
        {
            throw new ArgumentException($"'{path}' is not a directory on a bpffs, so it is left alone.", nameof(path));
        }

        // What is mounted below is not ours, and the walk would go into it.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        MountEntry? mount = MountTable.Read().FirstOrDefault(mount => mount.MountPoint == full || mount.MountPoint.StartsWith(full + "/", StringComparison.Ordinal));
        if (mount is not null)
        {
            throw new ArgumentException($"'{path}' is left alone: a file system of type {mount.FileSystemType} is mounted at '{mount.MountPoint}'.", nameof(path));
        }

        RemoveTree(path);
        return true;
    }

    private static void RemoveTree(string path)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo && entry.LinkTarget is null)
            {
                RemoveTree(entry.FullName);
            }
            else
            {
                RemovePin(entry.FullName);
            }
        }

        BpfCommands.ThrowIfFailed(Syscalls.Rmdir(path), $"Removing directory '{path}'");
    }

    private static MountEntry? FindStandard(string operation)
    {
        // The last one listed lies on top.
        MountEntry? top = MountTable.Read().LastOrDefault(static mount => string.Equals(mount.MountPoint, StandardMountPoint, StringComparison.Ordinal));
        return top is null || string.Equals(top.FileSystemType, FileSystemType, StringComparison.Ordinal)
            ? top
            : throw new BpfException($"{operation}: a file system of type {top.FileSystemType} is mounted there already; unmount it, or name a bpffs yourself", Errno.EBUSY);
    }
}
