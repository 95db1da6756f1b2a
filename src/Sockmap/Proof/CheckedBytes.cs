namespace Sockmap.Proof;

/// <summary>
/// The bytes of a checked stream: each follows from its position. The period is a prime, so that pieces of any usual size
/// that swap places, come twice or are missing do not fit.
/// </summary>
public static class CheckedBytes
{
    /// <summary>The longest piece that <see cref="At"/> gives.</summary>
    public const int MaxLength = 65536;

    private const int Period = 65521;

    private static readonly byte[] Bytes = Make();

    /// <summary>The bytes from a position of the stream on.</summary>
    public static ReadOnlySpan<byte> At(long position, int length) => Bytes.AsSpan((int)(position % Period), length);

    /// <summary>How many of the bytes that arrived are those that belong at a position of the stream, up to the first that is not.</summary>
    public static int CountRight(ReadOnlySpan<byte> arrived, long position) => At(position, arrived.Length).CommonPrefixLength(arrived);

    private static byte[] Make()
    {
        byte[] bytes = new byte[Period + MaxLength];
        for (int i = 0; i < bytes.Length; i++)
        {
            // A multiplicative hash of the position (Knuth: 2^32 divided by the golden ratio); its high bits are the good ones.
            bytes[i] = (byte)(unchecked((uint)((i % Period) + 1) * 2654435769u) >> 24);
        }

        return bytes;
    }
}
