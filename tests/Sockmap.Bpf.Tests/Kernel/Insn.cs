using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>Instructions by hand (Documentation/bpf/standardization/instruction-set.rst). Registers are numbers.</summary>
internal static class Insn
{
    public static byte[] Program(params byte[][] instructions) => [.. instructions.SelectMany(static bytes => bytes)];

    public static byte[] MovImm(int register, int value) => Encode(0xb7, register, 0, 0, value);

    public static byte[] Mov(int destination, int source) => Encode(0xbf, destination, source, 0, 0);

    public static byte[] AddImm(int register, int value) => Encode(0x07, register, 0, 0, value);

    public static byte[] Load64(int destination, int source, short offset) => Encode(0x79, destination, source, offset, 0);

    public static byte[] Load32(int destination, int source, short offset) => Encode(0x61, destination, source, offset, 0);

    public static byte[] Store64(int destination, short offset, int source) => Encode(0x7b, destination, source, offset, 0);

    public static byte[] Store32(int destination, short offset, int source) => Encode(0x63, destination, source, offset, 0);

    public static byte[] StoreImm64(int destination, short offset, int value) => Encode(0x7a, destination, 0, offset, value);

    public static byte[] JumpIfZero(int register, short skip) => Encode(0x15, register, 0, skip, 0);

    public static byte[] Call(int helper) => Encode(0x85, 0, 0, 0, helper);

    public static byte[] Exit() => Encode(0x95, 0, 0, 0, 0);

    /// <summary>Two instructions: the address of a map.</summary>
    public static byte[] LoadMap(int register, SafeHandle map) =>
        [.. Encode(0x18, register, 1, 0, (int)map.DangerousGetHandle()), .. Encode(0, 0, 0, 0, 0)];

    public static byte[] Return(int value) => Program(MovImm(0, value), Exit());

    private static byte[] Encode(byte code, int destination, int source, short offset, int immediate)
    {
        byte[] bytes = new byte[8];
        bytes[0] = code;
        bytes[1] = (byte)(destination | (source << 4));
        MemoryMarshal.Write(bytes.AsSpan(2), offset);
        MemoryMarshal.Write(bytes.AsSpan(4), immediate);
        return bytes;
    }
}
