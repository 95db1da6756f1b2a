using System.Text.Json;
using Sockmap.Measuring;
using Sockmap.TestKit.Placement;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary><c>sockmap bench</c> as people run it.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();

    public void Dispose() => bpffs.Dispose();

    [Fact]
    public async Task For_people_it_is_a_table()
    {
        (int code, string output, string error) = await RunAsync("-k", "latency", "-s", "64");

        Assert.True(code == 0, error + output);
        Assert.Empty(error);
        Assert.Matches(@"^Kind +Bytes +Conns +Arm +Median +p99 +p99\.9 +CPU s/GB +Redirected +Of TCP +95 %\n", output);
        Assert.Matches(@"(?m)^Latency +64 +1 +Tcp +[\d.,]+ us +[\d.,]+ +[\d.,]+ +[\d.,]+ +- +1\.00$", output);
        Assert.Matches(@"(?m)^Latency +64 +1 +Bypass +[\d.,]+ us +[\d.,]+ +[\d.,]+ +[\d.,]+ +\d+\.\d % +\d+\.\d\d +\d+\.\d\d to \d+\.\d\d( noisy)?$", output);
        Assert.Matches(@"(?m)^Latency +64 +1 +Unix ", output);
        Assert.Matches(@"(?m)^On Linux .*; CPU \d+, 3 rounds\. ", output);
        Assert.All(output.Split('\n'), line => Assert.True(line.StartsWith('!') || line.StartsWith("On ", StringComparison.Ordinal) || line.Length <= 120, line));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(bpffs.Path, "sockmapps")));
    }

    [Fact]
    public async Task For_machines_it_is_one_document()
    {
        (int code, string output, string error) = await RunAsync("-k", "throughput,connectionrate", "-s", "1k", "-a", "bypass", "--json");

        Assert.True(code == 0, error);
        Assert.Empty(error);
        Assert.Equal(4, MeasurementJson.Read(output).Count);
        Assert.Equal(
            "kind arm objectPath workload messageSize connections cpu unit median p99 p999 maximum cpuSecondsPerGigabyte ratio ratioLow ratioHigh rounds isNoisy redirectedShare remark time machine",
            string.Join(' ', JsonDocument.Parse(output).RootElement[0].EnumerateObject().Select(property => property.Name)));
    }

    [Fact]
    public async Task What_cannot_be_is_an_error_of_usage()
    {
        (int code, string output, string error) = await RunAsync("-s", "32m");

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal("sockmap: 33554432 is no message size: 1 to 16777216 bytes are possible.", error.Trim());
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        SockmapProcess.RunAsync(["bench", .. arguments, "--rounds", "3", "--round-time", "20ms", "--bpffs", bpffs.Path]);
}
