using System.Buffers.Text;
using System.Globalization;
using Sockmap.Interop;

namespace Sockmap.Sockets.Procfs;

/// <summary>Goes through /proc/PID/fd of every process that this one may look into.</summary>
internal static class ProcDescriptors
{
    private const int LongestTarget = 64;

    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, ReturnSpecialDirectories = false };

    /// <summary>Every socket's descriptor. What ends, is closed or is somebody else's meanwhile is left out.</summary>
    public static IEnumerable<ProcDescriptor> Read()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                continue;
            }

            foreach (ProcDescriptor descriptor in ReadProcess(folder, id))
            {
                yield return descriptor;
            }
        }
    }

    private static List<ProcDescriptor> ReadProcess(string folder, int id)
    {
        List<ProcDescriptor> found = [];
        try
        {
            string? name = null;
            foreach (string path in Directory.EnumerateFileSystemEntries($"{folder}/fd", "*", All))
            {
                if (ReadInode(path) is not { } inode)
                {
                    continue;
                }

                name ??= File.ReadAllText($"{folder}/comm").TrimEnd('\n');
                found.Add(new ProcDescriptor(id, name, int.Parse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture), inode));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or is somebody else's: what was seen of it is given.
        }

        return found;
    }

    // "socket:[12345]"
    private static ulong? ReadInode(string path)
    {
        Span<byte> buffer = stackalloc byte[LongestTarget];
        int length = SocketCalls.ReadLink(path, buffer);
        if (length < 0)
        {
            // Closed since it was listed.
            return null;
        }

        ReadOnlySpan<byte> target = buffer[..length];
        ReadOnlySpan<byte> prefix = "socket:["u8;
        return target.StartsWith(prefix) && Utf8Parser.TryParse(target[prefix.Length..], out ulong inode, out int digits)
            && prefix.Length + digits == length - 1 && target[^1] == (byte)']'
            ? inode
            : null;
    }
}
