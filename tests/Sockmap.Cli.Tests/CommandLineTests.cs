namespace Sockmap.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("")]
    [InlineData("instal")]
    [InlineData("status a b")]
    [InlineData("status --bogus")]
    [InlineData("install --port 0")]
    [InlineData("install --port 1-")]
    [InlineData("install --port 9-8")]
    [InlineData("install --port 80,")]
    [InlineData("install --port")]
    [InlineData("install --address 10.0.0.0/33")]
    [InlineData("install --exclude-address host")]
    [InlineData("install --family none")]
    [InlineData("install --family 3")]
    [InlineData("install --variant 1")]
    [InlineData("install --max-entries many")]
    [InlineData("install --queue-limit -1")]
    [InlineData("install --queue-limit 4294967296")]
    [InlineData("install --timeout soon")]
    [InlineData("remove --timeout -1s")]
    [InlineData("demo-client --cgroup x")]
    public async Task A_wrong_command_line_is_told_on_standard_error(string line)
    {
        (ExitCode code, string output, string error) = await InMemory.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, (int)code);
        Assert.Empty(output);
        string[] lines = error.TrimEnd().Split('\n');
        Assert.All(lines[..^1], text => Assert.StartsWith("sockmap: ", text));
        Assert.Matches("^Try 'sockmap( [a-z-]+)? --help'\\.$", lines[^1]);
    }

    [Fact]
    public async Task A_wrong_value_is_named()
    {
        (_, _, string error) = await InMemory.RunAsync("install", "--port", "6379,x", "--family", "ipv7");

        Assert.Contains("sockmap: --port: 'x' is not a port", error, StringComparison.Ordinal);
        Assert.Contains("sockmap: --family: 'ipv7' is none of any, ipv4, ipv6.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_commands_and_exit_codes_but_no_hidden_commands()
    {
        (ExitCode code, string output, string error) = await InMemory.RunAsync("--help");

        Assert.Equal(ExitCode.Done, code);
        Assert.Empty(error);
        Assert.All(
            ["  sockmap [command]", "  install ", "  status ", "  entries ", "  remove ", "  check ", "  demo ", "  130  "],
            text => Assert.Contains(text, output, StringComparison.Ordinal));
        Assert.DoesNotContain("demo-", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_are_not_read_from_files()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "--help", TestContext.Current.CancellationToken);
            (ExitCode code, _, _) = await InMemory.RunAsync("@" + path);
            Assert.Equal(ExitCode.Usage, code);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
