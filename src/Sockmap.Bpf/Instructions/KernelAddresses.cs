using System.Globalization;
using System.Text;

namespace Sockmap.Bpf.Instructions;

/// <summary>Names of places in the kernel, from <c>/proc/kallsyms</c>.</summary>
internal static class KernelAddresses
{
    private const string Path = "/proc/kallsyms";
    private const int BufferSize = 256 * 1024;

    /// <summary>Looks addresses up in one pass; those that have no name, or that the kernel hides, are left out.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static Dictionary<ulong, string> Find(IReadOnlySet<ulong> wanted)
    {
        Dictionary<ulong, string> found = [];
        if (wanted.Count == 0)
        {
            return found;
        }

        using FileStream stream = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] buffer = new byte[BufferSize];
        int kept = 0;
        int read;
        while ((read = stream.Read(buffer, kept, buffer.Length - kept)) > 0)
        {
            ReadOnlySpan<byte> text = buffer.AsSpan(0, kept + read);
            int end;
            while ((end = text.IndexOf((byte)'\n')) >= 0)
            {
                ReadLine(text[..end], wanted, found);
                text = text[(end + 1)..];
            }

            if (text.Length == buffer.Length)
            {
                break;
            }

            kept = text.Length;
            text.CopyTo(buffer);
        }

        return found;
    }

    // A line is "ffffffff81234560 T name", a tab and "[module]" may follow. Where two have one address, the first is taken.
    private static void ReadLine(ReadOnlySpan<byte> line, IReadOnlySet<ulong> wanted, Dictionary<ulong, string> found)
    {
        int space = line.IndexOf((byte)' ');
        if (space <= 0
            || line.Length < space + 4
            || !ulong.TryParse(line[..space], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address)
            || !wanted.Contains(address))
        {
            return;
        }

        ReadOnlySpan<byte> name = line[(space + 3)..];
        int end = name.IndexOfAny((byte)'\t', (byte)' ');
        found.TryAdd(address, Encoding.UTF8.GetString(end >= 0 ? name[..end] : name));
    }
}
