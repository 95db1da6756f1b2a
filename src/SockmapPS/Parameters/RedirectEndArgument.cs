using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Entries;
using Sockmap.Redirects;
using Sockmap.Sockets;

namespace SockmapPS.Parameters;

/// <summary>A socket of this or of another process, out of the objects that name one.</summary>
public sealed class RedirectEndArgument
{
    private readonly Func<RedirectEnd> _open;

    /// <summary>A socket of this process.</summary>
    public RedirectEndArgument(Socket socket)
        : this(new SocketArgument(socket))
    {
    }

    /// <summary>A client's socket.</summary>
    public RedirectEndArgument(TcpClient client)
        : this(new SocketArgument(client))
    {
    }

    /// <summary>A client's socket.</summary>
    public RedirectEndArgument(UdpClient client)
        : this(new SocketArgument(client))
    {
    }

    /// <summary>The socket under a stream.</summary>
    public RedirectEndArgument(NetworkStream stream)
        : this(new SocketArgument(stream))
    {
    }

    /// <summary>A handle of a socket.</summary>
    public RedirectEndArgument(SafeHandle handle)
        : this(new SocketArgument(handle))
    {
    }

    /// <summary>The socket of an entry of a bypass.</summary>
    public RedirectEndArgument(SockmapEntry entry)
        : this(entry, () => RedirectEnd.Of(entry))
    {
    }

    /// <summary>The connecting end of a connection.</summary>
    public RedirectEndArgument(ConnectionCandidate candidate)
        : this(candidate, () => RedirectEnd.Of(candidate))
    {
    }

    /// <summary>A socket that a process has open.</summary>
    public RedirectEndArgument(HeldSocket held)
        : this(held, () => RedirectEnd.Of(held))
    {
    }

    private RedirectEndArgument(SocketArgument socket)
        : this(socket.Given, () => RedirectEnd.Of(socket.Handle
            ?? throw new SocketAccessException(SocketAccessError.DescriptorClosed, $"The {socket} has no open socket: it was closed, or never connected.")))
    {
    }

    private RedirectEndArgument(object given, Func<RedirectEnd> open)
    {
        ArgumentNullException.ThrowIfNull(given);
        Given = given;
        _open = open;
    }

    /// <summary>The object that was given.</summary>
    public object Given { get; }

    /// <inheritdoc />
    public override string ToString() => Given.ToString() ?? "";

    /// <exception cref="SocketAccessException">It is closed, or of a process that may not be looked into.</exception>
    internal RedirectEnd Open() => _open();
}
