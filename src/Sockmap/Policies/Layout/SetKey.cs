using System.Buffers.Binary;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct set_key</c> of bpf/policy.h.</summary>
internal static class SetKey
{
    public const int Length = 24;

    /// <summary>SET_KIND_BITS: bits of kind, direction and what is reserved.</summary>
    public const int KindBits = 32;

    private const int KindOffset = 4;
    private const int DataOffset = 8;

    /// <summary>A key with the highest <paramref name="bits"/> bits of a number.</summary>
    /// <param name="kind">What the number is.</param>
    /// <param name="direction">Whose.</param>
    /// <param name="number">The number, its first bit the highest of 128.</param>
    /// <param name="bits">How many of them count.</param>
    public static byte[] Write(SetKind kind, PolicyDirection direction, UInt128 number, int bits)
    {
        byte[] key = new byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(key, (uint)(KindBits + bits));
        key[KindOffset] = (byte)kind;
        key[KindOffset + 1] = (byte)direction;
        BinaryPrimitives.WriteUInt128BigEndian(key.AsSpan(DataOffset), number);
        return key;
    }

    /// <summary>The key of the policy's settings.</summary>
    public static byte[] Head() => Write(SetKind.Head, default, 0, 0);

    /// <summary>The key of a piece of a rule.</summary>
    public static byte[] Rule(int index, int piece) =>
        Write(SetKind.Rule, default, ((UInt128)index << 112) | ((UInt128)piece << 96), 32);
}
