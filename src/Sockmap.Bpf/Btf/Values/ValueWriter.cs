namespace Sockmap.Bpf.Btf.Values;

/// <summary>
/// Bytes being put together. It knows which bits were written and by which member, so that members of a union may all
/// be given as long as they say the same.
/// </summary>
internal sealed class ValueWriter(int size)
{
    private readonly byte[] _written = new byte[size];
    private readonly List<(long Start, long End, string Path)> _writes = [];

    internal byte[] Data { get; } = new byte[size];

    /// <summary>Writes whole bytes.</summary>
    internal void Write(long offset, ReadOnlySpan<byte> bytes, string path)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            Put(offset + i, bytes[i], 0xff, path);
        }

        _writes.Add((offset * 8, (offset + bytes.Length) * 8, path));
    }

    /// <summary>Writes the low bits of a number, little end first (BTF of the other byte order is refused when it is read).</summary>
    internal void Write(long bitOffset, int bitSize, UInt128 bits, string path)
    {
        int done = 0;
        while (done < bitSize)
        {
            long at = bitOffset + done;
            int shift = (int)(at % 8);
            int count = Math.Min(8 - shift, bitSize - done);
            int mask = ((1 << count) - 1) << shift;
            Put(at / 8, (byte)(((int)(byte)(bits >> done) << shift) & mask), (byte)mask, path);
            done += count;
        }

        _writes.Add((bitOffset, bitOffset + bitSize, path));
    }

    private void Put(long at, byte value, byte mask, string path)
    {
        if (((Data[at] ^ value) & mask & _written[at]) != 0)
        {
            string other = _writes.First(write => write.Start < (at + 1) * 8 && write.End > at * 8).Path;
            throw new ValueEncodingException(path, $"lies on the same bytes as {other} and says something else; give one of them only");
        }

        Data[at] |= value;
        _written[at] |= mask;
    }
}
