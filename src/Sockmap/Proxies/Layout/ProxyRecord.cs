using System.Runtime.InteropServices;
using System.Text;

namespace Sockmap.Proxies.Layout;

/// <summary>What others read of one of a proxy's connections.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProxyRecord
{
    public const int AddressRoom = 120;
    public const int ReasonRoom = 128;

    // 0: no connection is in this place.
    public ulong Id;
    public long Began;
    public ulong Mode;
    public ulong CopiedBytesUp;
    public ulong CopiedBytesDown;
    public fixed byte Client[AddressRoom];
    public fixed byte Target[AddressRoom];
    public fixed byte Reason[ReasonRoom];

    /// <summary>Writes a text as UTF-8 that ends with a zero; what has no room is left out.</summary>
    public static void Write(Span<byte> room, string text)
    {
        room.Clear();
        Encoding.UTF8.GetEncoder().Convert(text, room[..^1], flush: true, out _, out _, out _);
    }

    /// <summary>Reads it.</summary>
    public static string Read(ReadOnlySpan<byte> room)
    {
        int end = room.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? room : room[..end]);
    }
}
