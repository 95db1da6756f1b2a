using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Commands;
using Sockmap.Cli.Options;
using Sockmap.Measuring;

namespace Sockmap.Cli.Tests.Options;

public sealed class BenchOptionsTests
{
    private readonly BenchCommand command = new(new GlobalOptions());

    [Fact]
    public void Without_options_it_is_the_usual_measurement()
    {
        MeasureOptions usual = new();
        MeasureOptions options = Read();

        Assert.Equal(usual.Kinds, options.Kinds);
        Assert.Equal(usual.MessageSizes, options.MessageSizes);
        Assert.Equal(usual.Connections, options.Connections);
        Assert.Equal(usual.Arms, options.Arms);
        Assert.Equal((usual.Rounds, usual.RoundTime, usual.Variant), (options.Rounds, options.RoundTime, options.Variant));
        Assert.Empty(options.Cpus);
        Assert.Null(options.ObjectPath);
    }

    [Fact]
    public void Every_option_is_read()
    {
        MeasureOptions options = Read(
            "-k", "latency,ConnectionRate", "-s", "64,4k", "-s", "1M", "-c", "1,8", "-a", "bypass", "-r", "5", "--round-time", "50ms",
            "--cpu", "0,1", "--object", "x.o", "--variant", "probing");

        Assert.Equal([MeasurementKind.Latency, MeasurementKind.ConnectionRate], options.Kinds);
        Assert.Equal([64, 4096, 1 << 20], options.MessageSizes);
        Assert.Equal([1, 8], options.Connections);
        Assert.Equal([MeasurementArm.Bypass], options.Arms);
        Assert.Equal((5, TimeSpan.FromMilliseconds(50), BypassVariant.Probing), (options.Rounds, options.RoundTime, options.Variant));
        Assert.Equal([0, 1], options.Cpus);
        Assert.Equal("x.o", options.ObjectPath);
    }

    [Theory]
    [InlineData("-k", "speed", "--kind: 'speed' is none of latency, throughput, connectionrate.")]
    [InlineData("-a", "pipe", "--arm: 'pipe' is none of tcp, bypass, unix, object, beside.")]
    [InlineData("-s", "0", "--size: '0' is not a number such as 64, 4k or 1m.")]
    [InlineData("-s", "4000m", "--size: '4000m' is not a number such as 64, 4k or 1m.")]
    [InlineData("-s", "k", "--size: 'k' is not a number such as 64, 4k or 1m.")]
    [InlineData("-c", "1,,2", "--connections: '' is not a number such as 64, 4k or 1m.")]
    [InlineData("--cpu", "-1", "--cpu: '-1' is not the number of a CPU; the first is 0.")]
    [InlineData("--round-time", "soon", "--round-time: 'soon' is not a time such as 500ms, 30s, 2m or 1h, one day at most.")]
    public void What_cannot_be_read_is_named(string option, string value, string message) =>
        Assert.Equal(message, Assert.Single(command.Parse([option, value]).Errors).Message);

    private MeasureOptions Read(params string[] arguments)
    {
        ParseResult parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        return command.ReadOptions(parsed);
    }
}
