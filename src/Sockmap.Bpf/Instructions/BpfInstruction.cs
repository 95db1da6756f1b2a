using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Instructions;

/// <summary>One 8-byte BPF instruction (<c>struct bpf_insn</c>, Documentation/bpf/standardization/instruction-set.rst).</summary>
/// <param name="Opcode">Class, operation and source.</param>
/// <param name="Destination">Destination register, 0 to 10.</param>
/// <param name="Source">Source register, or the kind of a call or of a 64-bit load (<see cref="BpfPseudo"/>).</param>
/// <param name="Offset">Signed offset of a jump or memory access.</param>
/// <param name="Immediate">Signed 32-bit number.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BpfInstruction(byte Opcode, byte Destination, byte Source, short Offset, int Immediate)
{
    /// <summary>Bytes an instruction; the 64-bit load takes two of them.</summary>
    public const int Size = 8;

    internal const byte CallOpcode = 0x85;
    internal const byte LoadImmediate64Opcode = 0x18;

    /// <summary>Low three bits of the opcode: 0 LD, 1 LDX, 2 ST, 3 STX, 4 ALU, 5 JMP, 6 JMP32, 7 ALU64.</summary>
    public int Class => Opcode & 7;

    /// <summary>Whether it is the first half of a 64-bit load.</summary>
    public bool IsLoadImmediate64 => Opcode == LoadImmediate64Opcode;

    /// <summary>Whether it calls anything.</summary>
    public bool IsCall => Opcode == CallOpcode;

    /// <summary>Whether it calls a helper of the kernel; its number is in <see cref="Immediate"/>.</summary>
    public bool IsHelperCall => IsCall && Source == BpfPseudo.HelperCall;

    /// <summary>Whether it calls a function of the same program.</summary>
    public bool IsFunctionCall => IsCall && Source == BpfPseudo.FunctionCall;

    /// <summary>Whether it calls a kfunc; its BTF id is in <see cref="Immediate"/>.</summary>
    public bool IsKernelFunctionCall => IsCall && Source == BpfPseudo.KernelFunctionCall;

    /// <summary>Whether it loads a map, or the address of a value in one.</summary>
    public bool IsMapLoad => IsLoadImmediate64 && Source is BpfPseudo.MapDescriptor or BpfPseudo.MapValue;

    /// <summary>Reads an instruction.</summary>
    /// <param name="bytes">At least 8 bytes, little-endian.</param>
    public static BpfInstruction Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0],
        (byte)(bytes[1] & 0xf),
        (byte)(bytes[1] >> 4),
        BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));

    /// <summary>Writes the instruction.</summary>
    /// <param name="bytes">At least 8 bytes, little-endian.</param>
    public void Write(Span<byte> bytes)
    {
        bytes[0] = Opcode;
        bytes[1] = (byte)(Destination | (Source << 4));
        BinaryPrimitives.WriteInt16LittleEndian(bytes[2..], Offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], Immediate);
    }

    /// <summary>Reads a stream of instructions.</summary>
    /// <param name="bytes">A multiple of 8 bytes.</param>
    /// <exception cref="ArgumentException">The length is no multiple of 8.</exception>
    public static BpfInstruction[] ReadAll(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % Size != 0)
        {
            throw new ArgumentException($"{bytes.Length} bytes are no whole number of {Size}-byte instructions.", nameof(bytes));
        }

        BpfInstruction[] instructions = new BpfInstruction[bytes.Length / Size];
        for (int i = 0; i < instructions.Length; i++)
        {
            instructions[i] = Read(bytes[(i * Size)..]);
        }

        return instructions;
    }

    /// <summary>Writes a stream of instructions.</summary>
    /// <param name="instructions">What to write.</param>
    public static byte[] WriteAll(ReadOnlySpan<BpfInstruction> instructions)
    {
        byte[] bytes = new byte[instructions.Length * Size];
        for (int i = 0; i < instructions.Length; i++)
        {
            instructions[i].Write(bytes.AsSpan(i * Size));
        }

        return bytes;
    }

    /// <summary>The two instructions that load a 64-bit number into a register.</summary>
    /// <param name="destination">The register, 0 to 10.</param>
    /// <param name="value">The number.</param>
    /// <param name="source">What the number means (<see cref="BpfPseudo"/>); 0 for a plain number.</param>
    public static (BpfInstruction First, BpfInstruction Second) LoadImmediate64(byte destination, ulong value, byte source = 0) => (
        new BpfInstruction(LoadImmediate64Opcode, destination, source, 0, unchecked((int)value)),
        new BpfInstruction(0, 0, 0, 0, unchecked((int)(value >> 32))));
}
