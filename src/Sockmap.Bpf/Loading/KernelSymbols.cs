using System.Globalization;
using System.Text;

namespace Sockmap.Bpf.Loading;

/// <summary>Addresses of the kernel's functions and variables, from <c>/proc/kallsyms</c>.</summary>
/// <remarks>The kernel shows zeros to those who may not see addresses (Documentation/admin-guide/sysctl/kernel.rst, kptr_restrict).</remarks>
public static class KernelSymbols
{
    private const string DefaultPath = "/proc/kallsyms";
    private const int BufferSize = 64 * 1024;

    /// <summary>
    /// Looks symbols up in one pass through the file, which has some 200,000 lines; it ends early where all of them are
    /// global ones, as no two of those share a name.
    /// </summary>
    /// <param name="names">The symbols' names.</param>
    /// <returns>
    /// Name and address of those that were found; where a global and static ones share a name, the global one. Symbols
    /// that are not there, that are hidden (address 0), or that are static in several places with different addresses
    /// are left out.
    /// </returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, ulong> Find(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        using FileStream stream = new(DefaultPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return Find(stream, names);
    }

    internal static Dictionary<string, ulong> Find(Stream stream, IEnumerable<string> names)
    {
        List<(string Name, byte[] Bytes)> wanted = [.. names.Distinct(StringComparer.Ordinal).Select(n => (n, Encoding.UTF8.GetBytes(n)))];
        Dictionary<string, ulong> found = new(StringComparer.Ordinal);
        HashSet<string> ambiguous = new(StringComparer.Ordinal);
        byte[] buffer = new byte[BufferSize];
        int kept = 0;
        while (wanted.Count > 0)
        {
            int read = stream.Read(buffer, kept, buffer.Length - kept);
            ReadOnlySpan<byte> text = buffer.AsSpan(0, kept + read);
            int end;
            while ((end = text.IndexOf((byte)'\n')) >= 0)
            {
                ReadLine(text[..end], wanted, found, ambiguous);
                text = text[(end + 1)..];
            }

            if (read == 0 || text.Length == buffer.Length)
            {
                break;
            }

            kept = text.Length;
            text.CopyTo(buffer);
        }

        foreach (string name in ambiguous)
        {
            found.Remove(name);
        }

        return found;
    }

    // A line is "ffffffff81234560 T name", a tab and "[module]" may follow.
    private static void ReadLine(ReadOnlySpan<byte> line, List<(string Name, byte[] Bytes)> wanted, Dictionary<string, ulong> found, HashSet<string> ambiguous)
    {
        int space = line.IndexOf((byte)' ');
        if (space <= 0 || line.Length < space + 4)
        {
            return;
        }

        ReadOnlySpan<byte> name = line[(space + 3)..];
        int end = name.IndexOfAny((byte)'\t', (byte)' ');
        name = end >= 0 ? name[..end] : name;

        // Kernels built with LTO rename static functions.
        int lto = name.IndexOf(".llvm."u8);
        name = lto > 0 ? name[..lto] : name;
        for (int i = 0; i < wanted.Count; i++)
        {
            (string text, byte[] bytes) = wanted[i];
            if (!name.SequenceEqual(bytes)
                || !ulong.TryParse(line[..space], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address)
                || address == 0)
            {
                continue;
            }

            // Capital letters are global symbols (nm(1)): the linker lets no name have two of those.
            if (char.IsAsciiLetterUpper((char)line[space + 1]))
            {
                found[text] = address;
                ambiguous.Remove(text);
                wanted.RemoveAt(i);
            }
            else if (!found.TryAdd(text, address) && found[text] != address)
            {
                ambiguous.Add(text);
            }

            return;
        }
    }
}
