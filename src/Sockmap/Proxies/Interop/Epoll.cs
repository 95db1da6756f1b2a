using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Sockets;

namespace Sockmap.Proxies.Interop;

/// <summary>
/// epoll(7) with a number for each descriptor. .NET's own sockets are no use here: they ask for input, and would be woken
/// by every message that the kernel moves without us.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    private const string Library = "libc";
    private const int MostEvents = 256;

    // struct epoll_event is packed on x86-64 (12 bytes) and not elsewhere (16).
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventSize - sizeof(ulong);

    private readonly SafeSocketDescriptor _epoll;
    private readonly byte[] _events = GC.AllocateArray<byte>(MostEvents * 16, pinned: true);

    public Epoll() => _epoll = new SafeSocketDescriptor(ProxyCalls.Check(
        ProxyCalls.Result(EpollCreateNative(SocketConstants.EPOLL_CLOEXEC)), "Creating an epoll"));

    public void Add(int descriptor, uint events, ulong data) => Control(SocketConstants.EPOLL_CTL_ADD, descriptor, events, data);

    public void Change(int descriptor, uint events, ulong data) => Control(SocketConstants.EPOLL_CTL_MOD, descriptor, events, data);

    public void Remove(int descriptor) => Control(SocketConstants.EPOLL_CTL_DEL, descriptor, 0, 0);

    /// <summary>Waits; -1 is for ever. Gives how many events there are, 0 also where a signal came.</summary>
    public int Wait(int milliseconds)
    {
        fixed (byte* events = _events)
        {
            int result = ProxyCalls.Result(EpollWaitNative(_epoll, events, MostEvents, milliseconds));
            return result == -Errno.EINTR ? 0 : ProxyCalls.Check(result, "Waiting for sockets");
        }
    }

    /// <summary>An event of the last <see cref="Wait"/>.</summary>
    public (uint Events, ulong Data) this[int index]
    {
        get
        {
            ReadOnlySpan<byte> one = _events.AsSpan(index * EventSize, EventSize);
            return (MemoryMarshal.Read<uint>(one), MemoryMarshal.Read<ulong>(one[DataOffset..]));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _epoll.Dispose();

    private void Control(int operation, int descriptor, uint events, ulong data)
    {
        byte* memory = stackalloc byte[16];
        *(uint*)memory = events;
        *(ulong*)(memory + DataOffset) = data;
        ProxyCalls.Check(ProxyCalls.Result(EpollControlNative(_epoll, operation, descriptor, memory)), "Watching a socket");
    }

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreateNative(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControlNative(SafeHandle epoll, int operation, int descriptor, void* epollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWaitNative(SafeHandle epoll, void* events, int count, int milliseconds);
}
