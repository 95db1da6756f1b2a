using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sockmap.Tests.Redirects;

/// <summary>A stream of numbers of four bytes, each one more than the one before: every piece of it tells its place.</summary>
internal static class CountedStream
{
    public const int NumberLength = sizeof(uint);

    /// <summary>What the stream has at a place.</summary>
    public static byte At(long place) => (byte)((uint)(place / NumberLength) >> (8 * (NumberLength - 1 - (int)(place % NumberLength))));

    /// <summary>Where bytes are from, by two numbers in them that follow each other; null where there are no such.</summary>
    public static long? Find(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at + (2 * NumberLength) <= bytes.Length; at++)
        {
            uint number = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + NumberLength)..]) == number + 1)
            {
                return ((long)number * NumberLength) - at;
            }
        }

        return null;
    }

    /// <summary>Sends until stopped, not faster than a redirect can be made meanwhile.</summary>
    /// <returns>How many bytes.</returns>
    public static long Send(SafeHandle socket, int chunk, CancellationToken stop)
    {
        byte[] bytes = new byte[chunk / NumberLength * NumberLength];
        uint next = 0;
        for (int round = 0; !stop.IsCancellationRequested; round++)
        {
            for (int at = 0; at < bytes.Length; at += NumberLength)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), next++);
            }

            RedirectPlace.Send(socket, bytes, bytes.Length);
            if (round % 16 == 0)
            {
                Thread.Sleep(1);
            }
        }

        return (long)next * NumberLength;
    }
}
