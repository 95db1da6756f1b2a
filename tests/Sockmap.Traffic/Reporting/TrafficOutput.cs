using System.Text.Json;

namespace Sockmap.Traffic.Reporting;

/// <summary>Standard output, one JSON line at a time.</summary>
internal sealed class TrafficOutput(Stream stream)
{
    private readonly Lock _lock = new();

    public void Write(TrafficLine line)
    {
        byte[] json = [.. JsonSerializer.SerializeToUtf8Bytes(line, TrafficJson.Default.TrafficLine), (byte)'\n'];
        lock (_lock)
        {
            stream.Write(json);
            stream.Flush();
        }
    }
}
