using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Pinning;

/// <summary>Makes and removes pins of any kind.</summary>
public static class BpfPin
{
    /// <summary>
    /// Sees to it that a pin can be made at a path: mounts the standard bpffs when the path lies there and nothing is mounted, and makes the
    /// folders above it where asked to. What this made is left when pinning fails.
    /// </summary>
    /// <param name="path">Where the pin will be.</param>
    /// <param name="createFolders">Whether missing folders are made; they are for their owner only (0700).</param>
    /// <exception cref="ArgumentException">The path is not absolute, is not on a bpffs, or has a name that a pin cannot have.</exception>
    /// <exception cref="BpfException">ENOENT: a folder is missing; the bpffs cannot be mounted, or a folder not be made.</exception>
    public static void PreparePath(string path, bool createFolders = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.StartsWith(BpfFileSystem.StandardMountPoint + "/", StringComparison.Ordinal))
        {
            BpfFileSystem.FindOrMountStandard();
        }

        string? folder = Path.GetDirectoryName(path);
        if (path[0] == '/' && folder is not null && !Directory.Exists(folder))
        {
            if (!createFolders)
            {
                throw new BpfException($"Pinning at '{path}': folder '{folder}' does not exist", Errno.ENOENT);
            }

            CreateFolders(folder);
        }

        BpfFileSystem.ThrowIfInvalidPath(path);
    }

    /// <summary>Pins a program, map or link at a path on a bpffs (BPF_OBJ_PIN). Nothing is ever pinned over something.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="path">The path, see <see cref="PreparePath"/>.</param>
    /// <exception cref="BpfException">ENOENT: there is no such object; EEXIST: something is at the path; EPERM: the process may not.</exception>
    public static void Create(ObjectKind kind, uint id, string path)
    {
        string word = kind switch
        {
            ObjectKind.Program => "program",
            ObjectKind.Map => "map",
            ObjectKind.Link => "link",
            _ => throw new ArgumentException($"Only programs, maps and links can be pinned, not {kind}.", nameof(kind)),
        };
        using SafeBpfHandle handle = BpfInventory.Open(kind, id);
        BpfFileSystem.ThrowIfInvalidPath(path);
        if (BpfFileSystem.Exists(path))
        {
            throw new BpfException($"Pinning {word} {id} at '{path}': something is there already; take another path, or remove it first", Errno.EEXIST);
        }

        BpfCommands.Pin(handle, path, $"{word} {id}");
    }

    /// <summary>Removes a pin, a link to one, or a folder of pins. Only what lies in a folder on a bpffs is touched.</summary>
    /// <param name="path">What to remove.</param>
    /// <param name="recurse">Whether a folder goes with all in it; else only an empty one.</param>
    /// <exception cref="ArgumentException">It is not on a bpffs, or something is mounted there: nothing was removed.</exception>
    /// <exception cref="BpfException">ENOENT: there is nothing; ENOTEMPTY: a folder with something in it; EPERM or EACCES.</exception>
    public static void Remove(string path, bool recurse = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        ThrowIfNotOnBpfFileSystem(full);
        FileInfo entry = new(full);
        if (entry.LinkTarget is not null || !Directory.Exists(full))
        {
            BpfFileSystem.RemovePin(full);
            return;
        }

        if (recurse)
        {
            BpfFileSystem.RemoveDirectory(full);
            return;
        }

        int result = Syscalls.Rmdir(full);
        BpfCommands.ThrowIfFailed(result, result == -Errno.ENOTEMPTY ? $"Folder '{path}' has pins in it; remove them first, or the folder with all in it" : $"Removing folder '{path}'");
    }

    /// <summary>Throws unless there is something at a path and it lies in a folder on a bpffs.</summary>
    /// <exception cref="ArgumentException">It is somewhere else.</exception>
    /// <exception cref="BpfException">ENOENT: there is nothing.</exception>
    public static void ThrowIfNotOnBpfFileSystem(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (new FileInfo(path).LinkTarget is null && !File.Exists(path) && !Directory.Exists(path))
        {
            throw new BpfException($"There is no pin or folder '{path}'", Errno.ENOENT);
        }

        if (Path.GetDirectoryName(path) is not { } folder || !BpfFileSystem.IsOnBpfFileSystem(folder))
        {
            throw new ArgumentException($"'{path}' is not on a bpffs, so it is left alone.", nameof(path));
        }
    }

    private static void CreateFolders(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        string parent = Path.GetDirectoryName(folder)!;
        CreateFolders(parent);
        if (!BpfFileSystem.IsOnBpfFileSystem(parent))
        {
            throw new ArgumentException($"'{parent}' is not on a bpffs, so no folder is made in it; use one below {BpfFileSystem.StandardMountPoint}.", nameof(folder));
        }

        string name = Path.GetFileName(folder);
        if (!BpfFileSystem.IsValidName(name))
        {
            throw new ArgumentException($"'{name}' in '{folder}' cannot be a name on a bpffs: use 1 to 255 bytes without '.'.", nameof(folder));
        }

        BpfFileSystem.CreateDirectory(folder);
    }
}
