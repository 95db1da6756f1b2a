using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SockmapPS.Parameters;

/// <summary>An open socket of this process, out of the objects that scripts hold one in.</summary>
public sealed class SocketArgument
{
    /// <summary>A socket.</summary>
    public SocketArgument(Socket socket)
        : this((object)socket)
    {
    }

    /// <summary>A client's socket.</summary>
    public SocketArgument(TcpClient client)
        : this((object)client)
    {
    }

    /// <summary>A client's socket.</summary>
    public SocketArgument(UdpClient client)
        : this((object)client)
    {
    }

    /// <summary>The socket under a stream.</summary>
    public SocketArgument(NetworkStream stream)
        : this((object)stream)
    {
    }

    /// <summary>A handle of a socket.</summary>
    public SocketArgument(SafeHandle handle)
        : this((object)handle)
    {
    }

    private SocketArgument(object given)
    {
        ArgumentNullException.ThrowIfNull(given);
        Given = given;
    }

    /// <summary>The object that was given.</summary>
    public object Given { get; }

    /// <summary>Its descriptor; null where the object has none (any more), such as a client that is not connected.</summary>
    internal SafeHandle? Handle => DescriptorArgument.Find(Given) is { IsClosed: false, IsInvalid: false } handle ? handle : null;

    /// <inheritdoc />
    public override string ToString() => Given.ToString() ?? "";
}
