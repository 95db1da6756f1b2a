namespace Sockmap.Sockets.Procfs;

/// <summary>Joins /proc/PID/fd with what sock_diag(7) tells of the sockets.</summary>
internal static class ProcSockets
{
    public static IEnumerable<HeldSocket> Read(SocketReadOptions options)
    {
        Dictionary<ulong, SocketDescription> sockets = [];
        foreach (SocketDescription socket in HostSockets.Read(options.AnyProtocol, options.Log))
        {
            if (socket.Inode != 0)
            {
                sockets[socket.Inode] = socket;
            }
        }

        foreach (ProcDescriptor descriptor in ProcDescriptors.Read())
        {
            if (sockets.TryGetValue(descriptor.Inode, out SocketDescription? socket))
            {
                yield return new HeldSocket(socket)
                {
                    ProcessId = descriptor.ProcessId,
                    ProcessName = descriptor.ProcessName,
                    Descriptor = descriptor.Descriptor,
                };
            }
        }
    }
}
