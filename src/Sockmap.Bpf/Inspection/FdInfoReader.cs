using System.Buffers.Text;
using System.Globalization;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>
/// Reads what the kernel tells of a descriptor in /proc/self/fdinfo (proc_pid_fdinfo(5), the show_fdinfo functions of kernel/bpf/syscall.c).
/// </summary>
/// <remarks>
/// Such a file stands for a number and not for what the number stood for when it was opened (seq_show in fs/proc/fd.c). Objects that are
/// listed one after the other get the same number again, so that one open file serves them all.
/// </remarks>
internal sealed class FdInfoReader : IDisposable
{
    private readonly byte[] _text = new byte[4096];
    private SafeBpfHandle? _file;
    private int _descriptor = -1;
    private int _length;

    /// <summary>Takes in what is told of a descriptor now.</summary>
    /// <exception cref="BpfException">procfs cannot be read.</exception>
    internal void Read(int descriptor)
    {
        string Operation() => string.Create(CultureInfo.InvariantCulture, $"Reading /proc/self/fdinfo/{descriptor}");
        if (_descriptor != descriptor)
        {
            Dispose();
            int opened = Syscalls.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{descriptor}"), Constants.O_RDONLY);
            _file = SafeBpfHandle.Adopt(opened >= 0 ? opened : throw new BpfException(Operation(), -opened));
            _descriptor = descriptor;
        }

        using DescriptorLease lease = new(_file);
        _length = Syscalls.Pread(lease.Descriptor, _text, 0);
        if (_length < 0)
        {
            int errno = -_length;
            _length = 0;
            throw new BpfException(Operation(), errno);
        }
    }

    /// <summary>The text behind a name, without blanks; empty when there is no such line.</summary>
    internal ReadOnlySpan<byte> Find(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> text = _text.AsSpan(0, _length);
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            if (line.Length > name.Length && line[name.Length] == (byte)':' && line.StartsWith(name))
            {
                return line[(name.Length + 1)..].Trim(" \t"u8);
            }

            text = end < 0 ? default : text[(end + 1)..];
        }

        return default;
    }

    /// <summary>The number behind a name, or null.</summary>
    internal ulong? Number(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> text = Find(name);
        return Utf8Parser.TryParse(text, out ulong value, out int used) && used == text.Length ? value : null;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _descriptor = -1;
    }
}
