using System.Buffers.Binary;
using Sockmap.Bpf.Elf;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Damages object files in the ways that an enemy would, the same way for the same seed.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly ulong[] Interesting = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff];

    private readonly Random _random = new(seed);

    /// <summary>The bytes of a file that hold a section; empty where it has none.</summary>
    public static (int Start, int Length) Place(byte[] file, string section)
    {
        if (ElfFile.Parse(file, "whole").FindSection(section) is not { } found)
        {
            return default;
        }

        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(found.Data, out ArraySegment<byte> segment));
        return (segment.Offset, segment.Count);
    }

    /// <summary>The bytes of a file that hold the headers of its sections.</summary>
    public static (int Start, int Length) SectionHeaders(byte[] file) =>
        ((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40)), BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(60)) * 64);

    /// <summary>Changes one to four bytes of a part of the file.</summary>
    public byte[] FlipBytes(byte[] original, int start, int length)
    {
        byte[] file = [.. original];
        for (int flips = _random.Next(1, 5); flips > 0; flips--)
        {
            // Counts and offsets are often small numbers, so that small ones are tried as often as any.
            file[start + _random.Next(length)] = (byte)_random.Next(_random.Next(2) == 0 ? 256 : 8);
        }

        return file;
    }

    /// <summary>Damages a file in one to three ways; <paramref name="other"/> lends some of its bytes.</summary>
    public byte[] Mutate(byte[] original, byte[] other)
    {
        byte[] file = [.. original];
        for (int ways = _random.Next(1, 4); ways > 0; ways--)
        {
            (int start, int length) = Part(file);
            switch (_random.Next(6))
            {
                case 0 or 1:
                    file = FlipBytes(file, start, length);
                    break;
                case 2:
                    WriteNumber(file, start, length);
                    break;
                case 3:
                    int count = _random.Next(1, Math.Min(256, length) + 1);
                    Array.Copy(file, _random.Next(file.Length - count + 1), file, start + _random.Next(length - count + 1), count);
                    break;
                case 4:
                    int lent = _random.Next(1, Math.Min(Math.Min(256, length), other.Length) + 1);
                    Array.Copy(other, _random.Next(other.Length - lent + 1), file, start + _random.Next(length - lent + 1), lent);
                    break;
                default:
                    // A file that ends early is rare in what follows: few files would be read any further.
                    file = _random.Next(8) == 0 ? file[..Math.Max(64, _random.Next(file.Length))] : file;
                    break;
            }
        }

        return file;
    }

    // Any bytes, or those of one section or of the headers: in large files the small parts would never be met.
    private (int Start, int Length) Part(byte[] file)
    {
        (int start, int length) = (0, file.Length);
        try
        {
            if (_random.Next(4) == 0)
            {
                (start, length) = SectionHeaders(file);
            }
            else if (_random.Next(4) != 0)
            {
                IReadOnlyList<ElfSection> sections = ElfFile.Parse(file, "whole").Sections;
                ElfSection section = sections[_random.Next(sections.Count)];
                if (System.Runtime.InteropServices.MemoryMarshal.TryGetArray(section.Data, out ArraySegment<byte> segment) && segment.Count > 0)
                {
                    (start, length) = (segment.Offset, segment.Count);
                }
            }
        }
        catch (BpfFormatException)
        {
            // Damaged too much to have parts.
        }

        return start < 0 || length <= 0 || start > file.Length - length ? (0, file.Length) : (start, length);
    }

    private void WriteNumber(byte[] file, int start, int length)
    {
        int size = 1 << _random.Next(1, 4);
        int at = (start + _random.Next(length)) & -size;
        if (at + size > file.Length)
        {
            return;
        }

        ulong number = _random.Next(4) switch
        {
            0 => (ulong)_random.Next(file.Length + 1),
            1 => (ulong)file.Length + (ulong)_random.Next(16),
            _ => Interesting[_random.Next(Interesting.Length)],
        };
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        bytes[..size].CopyTo(file.AsSpan(at));
    }
}
