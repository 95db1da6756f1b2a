using Sockmap.Filters;

namespace Sockmap.Bypasses.Layout;

/// <summary>A set of ports as the programs hold it: a bit a port, the lowest bit of a byte first.</summary>
internal static class PortBitmap
{
    /// <summary>PORT_BITMAP_BYTES of bpf/bypass.h.</summary>
    public const int Length = 8192;

    public static byte[] Write(IEnumerable<PortRange> ranges)
    {
        byte[] bitmap = new byte[Length];
        foreach (PortRange range in ranges)
        {
            for (int port = range.First; port <= range.Last; port++)
            {
                bitmap[port >> 3] |= (byte)(1 << (port & 7));
            }
        }

        return bitmap;
    }

    public static IReadOnlyList<PortRange> Read(ReadOnlySpan<byte> bitmap)
    {
        List<PortRange> ranges = [];
        int first = 0;
        for (int port = 1; port <= ushort.MaxValue + 1; port++)
        {
            bool isSet = port <= ushort.MaxValue && (bitmap[port >> 3] & (1 << (port & 7))) != 0;
            if (isSet && first == 0)
            {
                first = port;
            }
            else if (!isSet && first != 0)
            {
                ranges.Add(new PortRange(first, port - 1));
                first = 0;
            }
        }

        return ranges;
    }
}
