using System.Net;
using System.Net.Sockets;
using Sockmap.TestKit.Placement;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary><c>sockmap proxy</c> as a boot unit runs it.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
    private readonly TcpListener target = new(IPAddress.Loopback, 0);

    public ProxyTests() => target.Start();

    public void Dispose()
    {
        target.Dispose();
        bpffs.Dispose();
    }

    [Fact]
    public async Task It_says_where_it_listens_and_ends_with_SIGTERM()
    {
        using SockmapProcess proxy = SockmapProcess.Start("proxy", "--bpffs", bpffs.Path, "--name", "unit", "--listen", "127.0.0.1:0", "--to", target.LocalEndpoint.ToString()!);
        string line = await proxy.ReadLineAsync();
        Assert.StartsWith("Proxy 'unit' listens on 127.0.0.1:", line, StringComparison.Ordinal);
        Assert.EndsWith($", to {target.LocalEndpoint} (spliced)", line, StringComparison.Ordinal);
        await PassAsync(line);
        proxy.Signal("TERM");
        (int code, string output, string error) = await proxy.WaitAsync();
        Assert.Equal((0, "", ""), (code, output, error));
        Assert.Empty(Directory.GetDirectories(Path.Combine(bpffs.Path, "sockmapps_proxies")));
    }

    [Fact]
    public async Task A_connection_that_does_not_end_is_told_of()
    {
        using SockmapProcess proxy = SockmapProcess.Start("proxy", "--bpffs", bpffs.Path, "--listen", "127.0.0.1:0", "--to", target.LocalEndpoint.ToString()!, "--stop-timeout", "100ms");
        using TcpClient client = new();
        await client.ConnectAsync(AddressOf(await proxy.ReadLineAsync()), TestContext.Current.CancellationToken);
        using TcpClient server = await target.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        proxy.Signal("INT");
        (int code, _, string error) = await proxy.WaitAsync();
        Assert.Equal((int)ExitCode.Incomplete, code);
        Assert.Contains("1 connection had not ended in time", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_privilege_it_copies_and_says_so()
    {
        using SockmapProcess proxy = SockmapProcess.StartUnprivileged("proxy", "--listen", "127.0.0.1:0", "--to", target.LocalEndpoint.ToString()!);
        string line = await proxy.ReadLineAsync();
        Assert.Contains("(copied: ", line, StringComparison.Ordinal);
        Assert.Contains("; not listed: ", line, StringComparison.Ordinal);
        Assert.Contains("CAP_BPF", line, StringComparison.Ordinal);
        await PassAsync(line);
        proxy.Signal("TERM");
        Assert.Equal(0, (await proxy.WaitAsync()).Code);
    }

    [Fact]
    public async Task An_address_that_is_none_is_the_command_lines_fault()
    {
        (int code, _, string error) = await SockmapProcess.RunAsync("proxy", "--listen", "nowhere", "--to", "127.0.0.1:1");
        Assert.Equal((int)ExitCode.Usage, code);
        Assert.StartsWith("sockmap: 'nowhere' is no address of a proxy", error, StringComparison.Ordinal);
    }

    private static IPEndPoint AddressOf(string line) => IPEndPoint.Parse(line.Split(" listens on ")[1].Split(',')[0]);

    private async Task PassAsync(string line)
    {
        using TcpClient client = new();
        await client.ConnectAsync(AddressOf(line), TestContext.Current.CancellationToken);
        using TcpClient server = await target.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        byte[] received = new byte[3];
        await client.GetStream().WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);
        await server.GetStream().ReadExactlyAsync(received, TestContext.Current.CancellationToken);
        Assert.Equal("abc"u8.ToArray(), received);
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await server.GetStream().ReadAsync(received, TestContext.Current.CancellationToken));
    }
}
