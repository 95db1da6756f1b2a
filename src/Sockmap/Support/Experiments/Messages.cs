using Sockmap.Bpf;

namespace Sockmap.Support.Experiments;

/// <summary>What experiments send, and words for what they get.</summary>
internal static class Messages
{
    /// <summary>Long enough that several in the queue are far from the limit at which messages spill to TCP.</summary>
    public const int Length = 64;

    /// <summary>Bytes that differ from their neighbours.</summary>
    public static byte[] Create(int length = Length)
    {
        byte[] message = new byte[length];
        for (int i = 0; i < length; i++)
        {
            message[i] = (byte)((i * 31) + (i >> 8) + 1);
        }

        return message;
    }

    /// <summary>The result of a call: a number of bytes, or an error.</summary>
    public static string Describe(int result) => result switch
    {
        < 0 => Errno.GetName(-result),
        1 => "1 byte",
        _ => $"{result} bytes",
    };
}
