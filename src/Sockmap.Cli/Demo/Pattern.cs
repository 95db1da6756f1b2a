namespace Sockmap.Cli.Demo;

/// <summary>
/// The bytes of a checked stream: each follows from its position. The period is a prime, so blocks of any usual size that
/// swap places, come twice or are missing do not fit.
/// </summary>
internal static class Pattern
{
    /// <summary>The longest piece that <see cref="At"/> gives.</summary>
    public const int MaxLength = 65536;

    private const int Period = 65521;

    private static readonly byte[] Bytes = Make();

    /// <summary>The bytes from a position of the stream on.</summary>
    public static ReadOnlySpan<byte> At(long position, int length) => Bytes.AsSpan((int)(position % Period), length);

    /// <summary>Checks bytes that arrived against those that belong there.</summary>
    /// <exception cref="DemoException">A byte is wrong; the message names its position.</exception>
    public static void Check(ReadOnlySpan<byte> arrived, long position)
    {
        ReadOnlySpan<byte> expected = At(position, arrived.Length);
        int same = arrived.CommonPrefixLength(expected);
        if (same < arrived.Length)
        {
            throw new DemoException(
                $"Byte {position + same} of the stream came back as {arrived[same]} and was sent as {expected[same]}.");
        }
    }

    private static byte[] Make()
    {
        byte[] bytes = new byte[Period + MaxLength];

        // A linear congruential generator (Knuth's MMIX constants); its high bits are the good ones.
        ulong state = 1;
        for (int i = 0; i < Period; i++)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            bytes[i] = (byte)(state >> 56);
        }

        for (int i = Period; i < bytes.Length; i++)
        {
            bytes[i] = bytes[i - Period];
        }

        return bytes;
    }
}
