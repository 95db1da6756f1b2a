using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SockmapPS.Parameters;

/// <summary>File descriptors out of the objects that scripts hold them in.</summary>
internal static class DescriptorArgument
{
    /// <summary>The descriptor of an open socket or of whatever a handle stands for; null where the object is neither.</summary>
    public static SafeHandle? Find(object? value) => value switch
    {
        Socket socket => socket.SafeHandle,
        TcpClient client => client.Client?.SafeHandle,
        UdpClient client => client.Client?.SafeHandle,
        NetworkStream stream => stream.Socket.SafeHandle,
        SafeHandle handle => handle,
        _ => null,
    };
}
