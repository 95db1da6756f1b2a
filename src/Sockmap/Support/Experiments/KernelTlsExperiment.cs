using System.Net.Sockets;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>
/// A socket can be given to kernel TLS (TCP_ULP). From then on its messages are to go over TCP, and arrive.
/// </summary>
internal sealed class KernelTlsExperiment : Experiment
{
    private const string Available = "/proc/sys/net/ipv4/tcp_available_ulp";
    private const string Tls = "tls";
    private const string Tried = "A receiver that was given to kernel TLS (TCP_ULP) got";

    public override string Name => "KernelTls";

    public override string Remedy => "Keep out services that hand their sockets to kernel TLS (-ExcludePort).";

    public override bool NeedsRedirect => false;

    public override Observation Observe(LoopbackPair pair)
    {
        // Asking for it would load the module for good.
        if (!File.ReadAllText(Available).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Contains(Tls, StringComparer.Ordinal))
        {
            return Observation.Unknown("The kernel's module tls is not loaded, so that no service uses it now (modprobe tls, then check again).");
        }

        try
        {
            pair.Receiver.SetRawSocketOption(SocketConstants.IPPROTO_TCP, SocketConstants.TCP_ULP, "tls"u8);
        }
        catch (SocketException e)
        {
            return Observation.Of(isAsTcp: false, Tried, $"an error ({e.Message})");
        }

        byte[] message = Messages.Create();
        pair.Send(message);
        pair.WaitReadable();
        byte[] buffer = new byte[Messages.Length];
        int read = pair.Receive(buffer);
        return Observation.Of(
            read == Messages.Length && buffer.AsSpan().SequenceEqual(message),
            Tried,
            $"{Messages.Describe(read)} of {Messages.Length}");
    }
}
