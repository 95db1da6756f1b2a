using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Inspection;

/// <summary>Goes through every bpffs that the process sees.</summary>
internal static class PinWalker
{
    private static readonly EnumerationOptions Everything = new() { IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None };

    /// <summary>Opens each pin once. A handle is closed when the next pin is asked for.</summary>
    /// <param name="problem">Takes what cannot be read; the walk goes on.</param>
    internal static IEnumerable<(string Path, string Mount, ObjectKind Kind, SafeBpfHandle Handle)> Walk(Action<BpfException> problem)
    {
        HashSet<string> mountPoints = new(BpfFileSystem.FindMounts().Select(static mount => mount.MountPoint), StringComparer.Ordinal);
        foreach (string mount in mountPoints)
        {
            // Something else may be mounted over it.
            if (!IsStillThere(mount, problem))
            {
                continue;
            }

            Stack<string> folders = new([mount]);
            while (folders.TryPop(out string? folder))
            {
                foreach (FileSystemInfo entry in List(folder, problem))
                {
                    if (entry.LinkTarget is not null)
                    {
                        continue;
                    }

                    if (entry is DirectoryInfo)
                    {
                        // Another mount is walked by itself.
                        if (!mountPoints.Contains(entry.FullName))
                        {
                            folders.Push(entry.FullName);
                        }
                    }
                    else if (Open(entry.FullName, problem) is { } handle)
                    {
                        using (handle)
                        {
                            ObjectKind kind = KindOf(handle);
                            if (kind != ObjectKind.None)
                            {
                                yield return (entry.FullName, mount, kind, handle);
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>The id of an open program, map or link.</summary>
    internal static uint IdOf(SafeBpfHandle handle, ObjectKind kind)
    {
        switch (kind)
        {
            case ObjectKind.Program:
                bpf_prog_info program = default;
                BpfCommands.GetInfo(handle, ref program, "a program");
                return program.id;
            case ObjectKind.Map:
                bpf_map_info map = default;
                BpfCommands.GetInfo(handle, ref map, "a map");
                return map.id;
            default:
                bpf_link_info link = default;
                BpfCommands.GetInfo(handle, ref link, "a link");
                return link.id;
        }
    }

    private static ObjectKind KindOf(SafeBpfHandle handle) => BpfObjectKinds.Get(handle) switch
    {
        BpfObjectKind.Program => ObjectKind.Program,
        BpfObjectKind.Map => ObjectKind.Map,
        BpfObjectKind.Link => ObjectKind.Link,
        _ => ObjectKind.None,
    };

    private static bool IsStillThere(string mount, Action<BpfException> problem)
    {
        try
        {
            return BpfFileSystem.IsOnBpfFileSystem(mount);
        }
        catch (BpfException exception)
        {
            problem(exception);
            return false;
        }
    }

    private static FileSystemInfo[] List(string folder, Action<BpfException> problem)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos("*", Everything);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            problem(new BpfException($"Looking for pins in '{folder}' needs the right to read it; run as root", Errno.EACCES));
            return [];
        }
    }

    private static SafeBpfHandle? Open(string path, Action<BpfException> problem)
    {
        try
        {
            return BpfCommands.OpenPinned(path, "object");
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
        {
            return null;
        }
        catch (BpfException exception) when (exception.Errno is Errno.EACCES or Errno.EPERM)
        {
            return OpenReadOnly(path, exception, problem);
        }
        catch (BpfException exception)
        {
            problem(exception);
            return null;
        }
    }

    private static SafeBpfHandle? OpenReadOnly(string path, BpfException first, Action<BpfException> problem)
    {
        try
        {
            return BpfCommands.OpenPinned(path, "object", Constants.BPF_F_RDONLY);
        }
        catch (BpfException)
        {
            problem(first);
            return null;
        }
    }
}
