using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Streams;

/// <summary>
/// The bytes of one direction of one connection: any 16 of them are found at one offset only. Word <c>i</c> (8 bytes, little
/// endian) is the i-th output of splitmix64 (Steele, Lea, Flood 2014) for a key of seed, client port and direction.
/// </summary>
public sealed class StreamGenerator
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    public StreamGenerator(ulong seed, int clientPort, Direction direction) =>
        _key = Mix(seed + Mix(((ulong)(uint)clientPort << 1) | (uint)direction));

    /// <summary>A number for each write, for its size; not related to the bytes.</summary>
    public ulong RandomFor(long message) => Mix(~_key + ((ulong)message * Golden));

    /// <summary>Writes the bytes that start at <paramref name="offset"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(long offset, Span<byte> bytes)
    {
        ulong word = (ulong)offset >> 3;
        int skip = (int)(offset & 7);
        if (skip != 0)
        {
            Span<byte> head = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(head, Mix(_key + (word * Golden)));
            int count = Math.Min(8 - skip, bytes.Length);
            head.Slice(skip, count).CopyTo(bytes);
            bytes = bytes[count..];
            word++;
        }

        Span<ulong> whole = MemoryMarshal.Cast<byte, ulong>(bytes);
        ulong state = _key + (word * Golden);
        for (int i = 0; i < whole.Length; i++)
        {
            ulong value = Mix(state);
            whole[i] = BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
            state += Golden;
        }

        Span<byte> tail = bytes[(whole.Length * 8)..];
        if (!tail.IsEmpty)
        {
            Span<byte> last = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(last, Mix(state));
            last[..tail.Length].CopyTo(tail);
        }
    }

    /// <summary>The offset in [<paramref name="from"/>, <paramref name="to"/>) at which <paramref name="bytes"/> stand in this stream, or null.</summary>
    public long? Find(ReadOnlySpan<byte> bytes, long from, long to)
    {
        const int Window = 1 << 20;
        byte[] window = new byte[Window + bytes.Length - 1];
        for (long start = from; start < to; start += Window)
        {
            Fill(start, window);
            int index = window.AsSpan().IndexOf(bytes);
            if (index >= 0 && start + index < to)
            {
                return start + index;
            }
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
