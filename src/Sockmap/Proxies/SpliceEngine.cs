using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Interop;
using Sockmap.Proxies.Interop;
using Sockmap.Proxies.Layout;
using Sockmap.Sockets;

namespace Sockmap.Proxies;

/// <summary>
/// The kernel's part of a proxy: pairs of sockets by number (an even one is the client's, the next the target's), and what
/// program and user space tell each other of each way.
/// </summary>
internal sealed class SpliceEngine : IDisposable
{
    private readonly BpfObject _object;
    private readonly MappedArray<SpliceWay> _ways;
    private readonly MappedArray<SpliceBell> _bells;
    private readonly RingBufferReader _signals;

    private SpliceEngine(BpfObject loaded)
    {
        _object = loaded;
        ProgramAttachment.Attach(loaded.Programs[SpliceObject.Splice], loaded.Maps[SpliceObject.Sockets].Handle, BpfAttachType.SkSkbStreamVerdict);
        _ways = new MappedArray<SpliceWay>(loaded.Maps[SpliceObject.Ways]);
        _bells = new MappedArray<SpliceBell>(loaded.Maps[SpliceObject.Bells]);
        _signals = new RingBufferReader(loaded.Maps[SpliceObject.Signals]);
    }

    /// <summary>What the program counts.</summary>
    public BpfMap Totals => _object.Maps[SpliceObject.Totals];

    /// <summary>What is known of each way.</summary>
    public BpfMap Ways => _object.Maps[SpliceObject.Ways];

    /// <summary>Readable where there are signals.</summary>
    public SafeHandle SignalDescriptor => _object.Maps[SpliceObject.Signals].Handle;

    /// <summary>Loads and attaches.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static SpliceEngine Load(int connections)
    {
        BpfObject loaded = SpliceObject.Load(connections);
        try
        {
            return new SpliceEngine(loaded);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>The way from the socket of this number to its partner.</summary>
    public ref SpliceWay Way(int number) => ref _ways[number];

    /// <summary>Puts a pair in. Until <see cref="Begin"/> all that they receive is left to user space.</summary>
    /// <param name="number">The client's, even.</param>
    /// <param name="client">Connected.</param>
    /// <param name="target">Connected.</param>
    /// <param name="isClientIn">The client's is in, also where the target's could not be put in.</param>
    /// <returns>Why not, null where it was done.</returns>
    public string? Join(int number, SafeSocketDescriptor client, SafeSocketDescriptor target, out bool isClientIn)
    {
        for (int i = number; i <= number + 1; i++)
        {
            _ways[i] = default;
            _bells[i] = default;
        }

        string? refusal = TryPut(number, client);
        isClientIn = refusal is null;
        return refusal ?? TryPut(number + 1, target);
    }

    /// <summary>Forgets a pair, before its sockets are closed, which takes them out.</summary>
    public void Leave(SafeSocketDescriptor client, SafeSocketDescriptor target)
    {
        TryForget(client);
        TryForget(target);
    }

    /// <summary>From now on the kernel moves what a pair receives.</summary>
    public void Begin(int number)
    {
        Volatile.Write(ref _ways[number].Ready, 1);
        Volatile.Write(ref _ways[number + 1].Ready, 1);
    }

    /// <summary>Whether bytes wait that the program has left to user space, as far as is known now.</summary>
    public bool HasPassed(int number) => Volatile.Read(ref _ways[number].PassedBytes) != _ways[number].HandedBytes;

    /// <summary>Whether the program met what it cannot move without harm.</summary>
    public bool IsBroken(int number) => Volatile.Read(ref _ways[number].IsBroken) != 0;

    /// <summary>The next bytes that are left to user space are told of by a signal again.</summary>
    public void Rearm(int number) => Interlocked.Exchange(ref _bells[number].Rung, 0);

    /// <summary>Tells the program of bytes that user space has sent to the partner.</summary>
    public void Hand(int number, int bytes) => Volatile.Write(ref _ways[number].HandedBytes, _ways[number].HandedBytes + (ulong)bytes);

    /// <summary>Numbers of sockets that signalled.</summary>
    public void ReadSignals(List<int> numbers) => _signals.Consume(record => numbers.Add(MemoryMarshal.Read<int>(record)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _signals.Dispose();
        _bells.Dispose();
        _ways.Dispose();
        _object.Dispose();
    }

    private BpfMap Numbers => _object.Maps[SpliceObject.Numbers];

    private static ulong CookieOf(SafeSocketDescriptor socket)
    {
        ulong cookie = 0;
        ProxyCalls.Check(
            SocketCalls.GetSocketOption(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_COOKIE, MemoryMarshal.AsBytes(new Span<ulong>(ref cookie))),
            "Asking a socket for its cookie");
        return cookie;
    }

    private void TryForget(SafeSocketDescriptor socket)
    {
        ulong cookie = CookieOf(socket);
        Numbers.TryDelete(in cookie);
    }

    private string? TryPut(int number, SafeSocketDescriptor socket)
    {
        ulong cookie = CookieOf(socket);
        try
        {
            Numbers.Update(in cookie, in number);
            _object.Maps[SpliceObject.Sockets].UpdateDescriptor(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)), socket);
            return null;
        }
        catch (BpfException e)
        {
            Numbers.TryDelete(in cookie);
            return e.Errno is Errno.EOPNOTSUPP or Errno.ENOTSUPP ? "an end had closed before the connection could be spliced" : $"the kernel did not take a socket: {Errno.Describe(e.Errno)}";
        }
    }
}
