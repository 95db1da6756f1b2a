using System.Globalization;
using System.Text;

namespace Sockmap.Bpf.Pinning;

/// <summary>The mounts that this thread sees.</summary>
public static class MountTable
{
    // A thread may be in another mount namespace than its process.
    private const string Path = "/proc/thread-self/mountinfo";
    private const int FieldsBeforeOptional = 6;
    private const int FieldsAfterSeparator = 3;

    /// <summary>All mounts, in the order in which the kernel lists them.</summary>
    /// <exception cref="IOException">procfs cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line cannot be understood.</exception>
    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadAllText(Path));

    /// <summary>All mounts of one kind of file system.</summary>
    /// <param name="fileSystemType">The kind: <c>bpf</c>, <c>cgroup2</c>.</param>
    public static IReadOnlyList<MountEntry> Find(string fileSystemType) =>
        [.. Read().Where(mount => string.Equals(mount.FileSystemType, fileSystemType, StringComparison.Ordinal))];

    /// <summary>Understands the text of a mountinfo file (proc_pid_mountinfo(5)).</summary>
    /// <exception cref="InvalidDataException">A line cannot be understood.</exception>
    public static IReadOnlyList<MountEntry> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseLine)];
    }

    /// <summary>Turns <c>\040</c> and its like into the byte that they stand for; the bytes are UTF-8.</summary>
    internal static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        byte[] source = Encoding.UTF8.GetBytes(text);
        List<byte> result = new(source.Length);
        for (int i = 0; i < source.Length; i++)
        {
            if (source[i] == '\\' && i + 3 < source.Length && IsOctal(source[i + 1]) && IsOctal(source[i + 2]) && IsOctal(source[i + 3]))
            {
                result.Add((byte)(((source[i + 1] - '0') << 6) | ((source[i + 2] - '0') << 3) | (source[i + 3] - '0')));
                i += 3;
            }
            else
            {
                result.Add(source[i]);
            }
        }

        return Encoding.UTF8.GetString([.. result]);

        static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';
    }

    private static MountEntry ParseLine(string line)
    {
        string[] fields = line.Split(' ');
        int separator = Array.IndexOf(fields, "-", Math.Min(FieldsBeforeOptional, fields.Length));
        if (separator < 0 || fields.Length <= separator + FieldsAfterSeparator
            || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int mountId)
            || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out int parentId))
        {
            throw new InvalidDataException($"'{line}' is not a line of mountinfo.");
        }

        return new MountEntry
        {
            MountId = mountId,
            ParentId = parentId,
            Device = fields[2],
            Root = Unescape(fields[3]),
            MountPoint = Unescape(fields[4]),
            Options = fields[5].Split(','),
            FileSystemType = Unescape(fields[separator + 1]),
            Source = Unescape(fields[separator + 2]),
            SuperOptions = fields[separator + 3].Split(','),
        };
    }
}
