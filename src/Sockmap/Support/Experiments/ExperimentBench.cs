using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>
/// Our programs and maps as an install has them, without a pin or a cgroup: only sockets that are put in by hand are
/// redirected. All of it is gone when this is disposed and the sockets are closed.
/// </summary>
internal sealed class ExperimentBench : IDisposable
{
    private const int MostSockets = 16;

    private readonly BpfObject _loaded;
    private readonly BpfLink? _link;

    private ExperimentBench(BpfObject loaded, BpfLink? link)
    {
        _loaded = loaded;
        _link = link;
    }

    /// <summary>The counters as of now.</summary>
    public CounterTable Counters => CounterTable.Read(_loaded.Maps[BypassObject.Counters], _loaded.Maps[BypassObject.Groups]);

    /// <summary>Loads all that an install loads, with one of the verdicts.</summary>
    /// <exception cref="BpfException">The kernel refused; a <see cref="VerifierException"/> where its verifier did.</exception>
    /// <exception cref="BpfRelocationException">The kernel lacks something that the programs name.</exception>
    public static ExperimentBench Load(BypassVariant variant, ulong wokenWakeFunction)
    {
        BpfObject? objects = BypassObject.Load(
            new BypassSettings { MaxEntries = MostSockets },
            new BypassConfig { WokenWakeFunction = wokenWakeFunction },
            variant);
        try
        {
            objects.Maps[BypassObject.Slot].UpdateDescriptor(new byte[sizeof(uint)], objects.Programs[BypassObject.VerdictOf(variant)].Handle);
            ExperimentBench bench = new(objects, RootAttachment.Create(objects));
            objects = null;
            return bench;
        }
        finally
        {
            objects?.Dispose();
        }
    }

    /// <summary>A new connection whose both ends are in the SOCKHASH.</summary>
    /// <exception cref="SocketException">The connection cannot be made.</exception>
    /// <exception cref="BypassException">Another sockmap has taken a socket in.</exception>
    /// <exception cref="BpfException">The kernel does not take a socket in.</exception>
    public LoopbackPair ConnectBypassed()
    {
        LoopbackPair? pair = LoopbackPair.Connect();
        try
        {
            // Storage first, as whoever is in the map without one stays on TCP.
            WriteState(pair.Sender);
            WriteState(pair.Receiver);
            Insert(pair.Sender);
            Insert(pair.Receiver);
            LoopbackPair bypassed = pair;
            pair = null;
            return bypassed;
        }
        finally
        {
            pair?.Dispose();
        }
    }

    /// <summary>What the programs have written down of a socket of a bypassed pair.</summary>
    public EntryState ReadState(Socket socket) =>
        _loaded.Maps[BypassObject.Storage].TryLookup((int)socket.Handle, out EntryState state)
            ? state
            : throw new BpfException("Reading a socket's state", Errno.ENOENT);

    /// <inheritdoc/>
    public void Dispose()
    {
        _link?.Dispose();
        _loaded.Dispose();
    }

    /// <summary>
    /// A socket's write_seq, which only the repair mode of checkpoints tells (tcp(7) has no word for it;
    /// do_tcp_getsockopt in net/ipv4/tcp.c). Needs CAP_NET_ADMIN.
    /// </summary>
    private static uint ReadWriteSequence(Socket socket)
    {
        SetTcpOption(socket, SocketConstants.TCP_REPAIR, SocketConstants.TCP_REPAIR_ON);
        try
        {
            SetTcpOption(socket, SocketConstants.TCP_REPAIR_QUEUE, SocketConstants.TCP_SEND_QUEUE);
            Span<byte> sequence = stackalloc byte[sizeof(uint)];
            socket.GetRawSocketOption(SocketConstants.IPPROTO_TCP, SocketConstants.TCP_QUEUE_SEQ, sequence);
            return MemoryMarshal.Read<uint>(sequence);
        }
        finally
        {
            SetTcpOption(socket, SocketConstants.TCP_REPAIR, SocketConstants.TCP_REPAIR_OFF_NO_WP);
        }
    }

    private static void SetTcpOption(Socket socket, int option, int value) =>
        socket.SetRawSocketOption(SocketConstants.IPPROTO_TCP, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private void WriteState(Socket socket)
    {
        EntryState state = EntryState.Create(
            (IPEndPoint)socket.LocalEndPoint!,
            (IPEndPoint)socket.RemoteEndPoint!,
            LoopbackPair.ScopeOf(socket),
            ReadWriteSequence(socket));
        _loaded.Maps[BypassObject.Storage].Update((int)socket.Handle, state);
    }

    private void Insert(Socket socket)
    {
        EntryKey key = LoopbackPair.KeyOf(socket, LoopbackPair.ScopeOf(socket));
        try
        {
            _loaded.Maps[BypassObject.SockHash].UpdateDescriptor(
                MemoryMarshal.AsBytes(new ReadOnlySpan<EntryKey>(in key)),
                socket.SafeHandle,
                BpfMapUpdateFlags.NoExist);
        }
        catch (BpfException e) when (e.Errno == Errno.EBUSY)
        {
            throw new BypassException(
                BypassError.KernelRefused,
                "Another program's sockmap, or a bypass on another bpffs, takes in the connections of this process: check again in a cgroup that it does not cover.",
                e);
        }
    }
}
