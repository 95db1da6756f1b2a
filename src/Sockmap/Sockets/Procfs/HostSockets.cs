using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace Sockmap.Sockets.Procfs;

/// <summary>The sockets of all network namespaces that can be found and entered, by sock_diag(7).</summary>
internal static class HostSockets
{
    /// <param name="anyProtocol">Sockets of UDP and UNIX besides those of TCP.</param>
    /// <param name="log">Takes a line for each namespace that cannot be read.</param>
    /// <exception cref="BpfException">Not even this thread's own namespace can be read.</exception>
    public static IEnumerable<SocketDescription> Read(bool anyProtocol, Action<string>? log)
    {
        foreach ((string path, uint inode) in NetworkNamespaces.Find())
        {
            List<SocketDescription> sockets;
            try
            {
                sockets = NetworkNamespaces.Run(path, () => SocketDiagnostics.Read(inode, anyProtocol, log));
            }
            catch (BpfException exception) when (!string.Equals(path, NetworkNamespaces.Own, StringComparison.Ordinal))
            {
                // It is gone (ENOENT), or to enter it takes CAP_SYS_ADMIN; the others are read.
                log?.Invoke($"The sockets of network namespace {inode} ({path}) cannot be read: {exception.Message}");
                continue;
            }

            foreach (SocketDescription socket in sockets)
            {
                yield return socket;
            }
        }
    }
}
