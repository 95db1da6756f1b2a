using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>Two network namespaces of its own, joined by a veth pair with an IPv4 address at each end.</summary>
internal sealed class TestNetwork : IDisposable
{
    public const string Interface = "veth0";
    private readonly string near = $"sockmap-a-{Guid.NewGuid():N}"[..24];
    private readonly string far = $"sockmap-b-{Guid.NewGuid():N}"[..24];

    public TestNetwork()
    {
        Ip("netns", "add", near);
        Ip("netns", "add", far);
        Ip("-n", near, "link", "add", Interface, "type", "veth", "peer", "name", Interface, "netns", far);
        foreach ((string name, IPAddress address) in new[] { (near, Near), (far, Far) })
        {
            Ip("-n", name, "link", "set", "lo", "up");
            Ip("-n", name, "addr", "add", $"{address}/24", "dev", Interface);
            Ip("-n", name, "link", "set", Interface, "up");
        }
    }

    // Documentation addresses (RFC 5737): the namespaces know no others.
    public IPAddress Near { get; } = IPAddress.Parse("192.0.2.1");

    public IPAddress Far { get; } = IPAddress.Parse("192.0.2.2");

    public string NearPath => "/run/netns/" + near;

    public string FarPath => "/run/netns/" + far;

    /// <summary>Does something on a thread in a namespace.</summary>
    public static T In<T>(string path, Func<T> action)
    {
        using SafeBpfHandle handle = SafeBpfHandle.Adopt(Syscalls.Open(path, 0));
        return NetworkNamespaceThread.Run(handle, action);
    }

    /// <summary>A UDP socket at the near end and one at the far end.</summary>
    public (Socket Near, Socket Far) OpenSockets() => (In(NearPath, () => Udp(Near)), In(FarPath, () => Udp(Far)));

    /// <summary>The next number that arrives; packets do not overtake each other on a veth.</summary>
    public static byte Next(Socket socket)
    {
        socket.ReceiveTimeout = 10_000;
        byte[] buffer = new byte[1];
        Assert.Equal(1, socket.Receive(buffer));
        return buffer[0];
    }

    public void Dispose()
    {
        Ip("netns", "del", near);
        Ip("netns", "del", far);
    }

    private static Socket Udp(IPAddress address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ip {string.Join(' ', arguments)}: {error}");
    }
}
