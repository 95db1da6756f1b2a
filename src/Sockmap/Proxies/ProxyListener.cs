using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Proxies.Interop;
using Sockmap.Sockets;

namespace Sockmap.Proxies;

/// <summary>A socket on which a proxy listens. A UNIX socket's file goes with it.</summary>
internal sealed class ProxyListener : IDisposable
{
    private const int Backlog = 4096;
    private const int LongestAddress = 128;

    private readonly SafeSocketDescriptor _socket;
    private readonly string? _path;

    private ProxyListener(SafeSocketDescriptor socket, string? path)
    {
        _socket = socket;
        _path = path;
        Span<byte> address = stackalloc byte[LongestAddress];
        int length = ProxyCalls.Check(SocketCalls.GetSocketName(socket, address), "Asking a socket for its address");
        Address = ProxyEndPoint.Describe(address[..length]);
    }

    /// <summary>Where it listens, with the port that the kernel chose.</summary>
    public string Address { get; }

    /// <summary>Its descriptor.</summary>
    public int Descriptor => (int)_socket.DangerousGetHandle();

    /// <summary>Listens.</summary>
    /// <exception cref="BypassException">It cannot (AddressNotUsable, PermissionDenied).</exception>
    public static ProxyListener Open(ProxyEndPoint endPoint)
    {
        int descriptor = SocketCalls.Socket(endPoint.Family, SocketConstants.SOCK_STREAM | SocketConstants.SOCK_NONBLOCK, 0);
        if (descriptor < 0)
        {
            throw Failed(endPoint, -descriptor);
        }

        SafeSocketDescriptor socket = new(descriptor);
        string? bound = null;
        try
        {
            _ = ProxyCalls.SetOption(descriptor, SocketConstants.SOL_SOCKET, SocketConstants.SO_REUSEADDR, 1);
            if (endPoint.Family == SocketConstants.AF_INET6)
            {
                Check(endPoint, ProxyCalls.SetOption(descriptor, SocketConstants.IPPROTO_IPV6, SocketConstants.IPV6_V6ONLY, endPoint.Address is null ? 0 : 1));
            }

            RemoveAbandoned(endPoint);
            Check(endPoint, SocketCalls.Bind(socket, endPoint.ToSocketAddress()));
            bound = endPoint.Path;
            Check(endPoint, SocketCalls.Listen(socket, Backlog));
            return new ProxyListener(socket, bound);
        }
        catch
        {
            socket.Dispose();
            Unlink(bound);
            throw;
        }
    }

    /// <summary>The next connection, or the negative error number.</summary>
    public int Accept() => ProxyCalls.Accept(Descriptor);

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        Unlink(_path);
    }

    /// <summary>A UNIX socket's file stays when its process is killed; then nobody answers on it.</summary>
    private static void RemoveAbandoned(ProxyEndPoint endPoint)
    {
        if (!endPoint.IsUnix || !File.Exists(endPoint.Path))
        {
            return;
        }

        using SafeSocketDescriptor probe = new(ProxyCalls.Check(
            SocketCalls.Socket(SocketConstants.AF_UNIX, SocketConstants.SOCK_STREAM | SocketConstants.SOCK_NONBLOCK, 0), "Making a UNIX socket"));

        // The kernel refuses a connection to a file of any other kind too.
        if (SocketCalls.Connect((int)probe.DangerousGetHandle(), endPoint.ToSocketAddress()) == -Errno.ECONNREFUSED && IsSocket(endPoint.Path))
        {
            Unlink(endPoint.Path);
        }
    }

    private static bool IsSocket(string path)
    {
        try
        {
            using SafeHandle file = File.OpenHandle(path);
            return false;
        }
        catch (IOException e)
        {
            // Only a socket cannot be opened for this reason.
            return e.HResult == Errno.ENXIO;
        }
    }

    private static void Unlink(string? path)
    {
        if (path is not null)
        {
            File.Delete(path);
        }
    }

    private static void Check(ProxyEndPoint endPoint, int result)
    {
        if (result < 0)
        {
            throw Failed(endPoint, -result);
        }
    }

    private static BypassException Failed(ProxyEndPoint endPoint, int errno)
    {
        BpfException cause = new($"Listening on '{endPoint}'", errno);
        return errno is Errno.EACCES or Errno.EPERM
            ? new BypassException(BypassError.PermissionDenied, $"{cause.Message}: choose a port from 1024 up or a folder that may be written to, or run as root.", cause)
            : new BypassException(BypassError.AddressNotUsable, $"{cause.Message}: choose another address, or stop whoever has it (ss -lntp).", cause);
    }
}
