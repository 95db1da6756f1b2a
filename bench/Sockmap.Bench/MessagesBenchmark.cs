using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Sockmap.Bench;

/// <summary>Round trips, streams and connections by <c>sockmap bench</c>, arms in turns, with the goals that they have.</summary>
internal static class MessagesBenchmark
{
    private const string NeverBelow = ">= 1";

    private static readonly (string Cpu, string[] Arguments)[] Cases =
    [
        ("one CPU", ["-k", "latency", "-s", "64", "-a", "bypass", "-a", "unix"]),
        ("two CPUs", ["-k", "latency", "-s", "64", "-a", "bypass", "-a", "unix"]),
        ("two CPUs", ["-k", "throughput", "-s", "1,64,1k,4k,16k,64k,1m", "-a", "bypass", "-a", "unix", "--round-time", "500ms"]),
        ("one CPU", ["-k", "throughput", "-s", "1,64,1k,4k,16k,64k,1m", "-a", "bypass", "-a", "unix", "--round-time", "500ms"]),
        ("two CPUs", ["-k", "throughput", "-s", "4k", "-c", "8,64", "-a", "bypass", "-a", "unix", "--round-time", "500ms"]),
        ("one CPU", ["-k", "connectionrate", "-a", "bypass", "-a", "beside"]),
    ];

    public static int Run(string command, string naive)
    {
        Console.WriteLine("Messages and connections, by sockmap bench; of TCP: times as good as plain TCP in the same rounds, 95 % confidence");
        Console.WriteLine($"{string.Empty,-9}{"kind",-15}{"bytes",9}{"conns",6}  {"arm",-7}{"median",12}      {"CPU s/GB",9}  of TCP");
        foreach ((string cpu, string[] arguments) in Cases)
        {
            if (cpu == "two CPUs" && Environment.ProcessorCount < 2)
            {
                continue;
            }

            string cpus = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount - 1}");
            using JsonDocument rows = Measure(command, ["bench", "--json", "--cpu", cpu == "two CPUs" ? "0," + cpus : cpus, "--object", naive, .. arguments]);
            foreach (JsonElement row in rows.RootElement.EnumerateArray())
            {
                Print(cpu, row);
            }
        }

        return 0;
    }

    private static JsonDocument Measure(string command, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonDocument.Parse(output) : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    private static void Print(string cpu, JsonElement row)
    {
        string kind = row.GetProperty("kind").GetString()!, arm = row.GetProperty("arm").GetString()!;
        int bytes = row.GetProperty("messageSize").GetInt32(), connections = row.GetProperty("connections").GetInt32();
        double ratio = row.GetProperty("ratio").GetDouble();
        string unit = row.GetProperty("unit").GetString()!;
        JsonElement seconds = row.GetProperty("cpuSecondsPerGigabyte");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cpu,-9}{kind,-15}{bytes,9}{connections,6}  {arm,-7}{row.GetProperty("median").GetDouble(),12:#,0.0} {unit,-5}{(seconds.ValueKind == JsonValueKind.Number ? seconds.GetDouble() : double.NaN),9:0.00}  {ratio:0.00} ({row.GetProperty("ratioLow").GetDouble():0.00} to {row.GetProperty("ratioHigh").GetDouble():0.00}){(row.GetProperty("isNoisy").GetBoolean() ? " noisy" : string.Empty)}"));
        if (arm != "Tcp")
        {
            Ratios.Note($"{kind}, {bytes} B, {connections} connection(s), {cpu}: {arm} of TCP", ratio, Goal(cpu, kind, arm, bytes, connections));
        }
    }

    private static string Goal(string cpu, string kind, string arm, int bytes, int connections) => (cpu, kind, arm, bytes, connections) switch
    {
        ("one CPU", "Latency", "Bypass", _, _) => ">= 1.6",
        ("two CPUs", "Latency", "Bypass", _, _) => ">= 1.2",
        ("two CPUs", "Throughput", "Bypass", 4096, 1) => ">= 2",
        ("two CPUs", "Throughput", "Bypass", 65536, 1) => ">= 1.8",
        ("two CPUs", "Throughput", "Bypass", 1 << 20, 1) => ">= Unix",
        (_, "Throughput", "Bypass", _, _) => NeverBelow,
        (_, "ConnectionRate", "Bypass" or "Beside", _, _) => ">= 0.99",
        _ => string.Empty,
    };
}
