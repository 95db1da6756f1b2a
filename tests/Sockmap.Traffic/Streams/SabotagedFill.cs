using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Streams;

/// <summary>What a sender puts on the wire: the generator's bytes, or those with the fault that was asked for.</summary>
internal sealed class SabotagedFill(StreamGenerator generator, Sabotage? sabotage)
{
    public void Fill(long offset, Span<byte> bytes)
    {
        generator.Fill(offset, bytes);
        if (sabotage is null || offset + bytes.Length <= sabotage.Offset)
        {
            return;
        }

        Span<byte> one = stackalloc byte[1];
        for (int i = (int)Math.Max(0, sabotage.Offset - offset); i < bytes.Length; i++)
        {
            long place = offset + i;
            long source = SourceOf(place, sabotage);
            if (source != place)
            {
                generator.Fill(source, one);
                bytes[i] = one[0];
            }
            else if (sabotage.Kind == SabotageKind.Corrupt && place == sabotage.Offset)
            {
                bytes[i] = (byte)~bytes[i];
            }
        }
    }

    private static long SourceOf(long place, Sabotage sabotage)
    {
        long distance = place - sabotage.Offset;
        return sabotage.Kind switch
        {
            SabotageKind.Swap when distance < Sabotage.BlockLength => place + Sabotage.BlockLength,
            SabotageKind.Swap when distance < 2 * Sabotage.BlockLength => place - Sabotage.BlockLength,
            SabotageKind.Lose => place + Sabotage.BlockLength,
            SabotageKind.Repeat when distance >= 0 => place - Sabotage.BlockLength,
            _ => place,
        };
    }
}
