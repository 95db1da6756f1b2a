using System.Net.Sockets;

namespace Sockmap.Sockets;

/// <summary>
/// A UNIX socket in the file system on which one process waits for descriptors of another (<see cref="DescriptorPassing"/>).
/// Its file is for the same user only, and goes when it is disposed.
/// </summary>
public sealed class DescriptorListener : IDisposable
{
    private readonly Socket _socket;

    private DescriptorListener(Socket socket, string path)
    {
        _socket = socket;
        Path = path;
    }

    /// <summary>Where it listens.</summary>
    public string Path { get; }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketAccessException">PathTaken, PermissionDenied, InvalidPath, or KernelRefused.</exception>
    public static DescriptorListener Listen(string path)
    {
        System.Net.EndPoint place = DescriptorPassing.PlaceOf(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(place);

            // Nobody can connect before Listen.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(1);
            return new DescriptorListener(socket, path);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => new SocketAccessException(SocketAccessError.PathTaken, $"'{path}' is there already: name another path, or delete it where nobody listens on it any more.", e),
                SocketError.AccessDenied => new SocketAccessException(SocketAccessError.PermissionDenied, $"This process may not make a UNIX socket at '{path}'.", e),
                _ when !Directory.Exists(System.IO.Path.GetDirectoryName(path)) => new SocketAccessException(SocketAccessError.InvalidPath, $"A UNIX socket cannot be made at '{path}': its folder is not there.", e),
                _ => new SocketAccessException(SocketAccessError.KernelRefused, $"A UNIX socket could not be made at '{path}': {e.Message}.", e),
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a process to connect.</summary>
    /// <returns>A connected UNIX socket to receive from.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Socket Accept(CancellationToken cancellationToken = default) =>
        _socket.AcceptAsync(cancellationToken).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
