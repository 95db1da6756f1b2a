using System.Net;
using System.Runtime.InteropServices;
using Sockmap.Traffic.Interop;

namespace Sockmap.Traffic.Sockets;

/// <summary>A connection over the C library: its calls block, or (<c>poll</c>) never wait and stand behind poll(2).</summary>
internal sealed class RawStreamSocket : StreamSocket
{
    private readonly SocketHandle _handle;
    private readonly bool _poll;

    public RawStreamSocket(SocketHandle handle, bool poll, bool sentWithSyn = false)
    {
        _handle = handle;
        _poll = poll;
        SentWithSyn = sentWithSyn;
        Local = RawCalls.LocalOf(handle);
        Remote = RawCalls.RemoteOf(handle);
        RawCalls.SetOption(handle, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
    }

    public override IPEndPoint Local { get; }

    public override IPEndPoint Remote { get; }

    public override bool SentWithSyn { get; }

    public override int Send(ReadOnlyMemory<byte> bytes, bool dontWait)
    {
        int flags = LibC.MSG_NOSIGNAL | (dontWait || _poll ? LibC.MSG_DONTWAIT : 0);
        while (true)
        {
            bool announced = _poll && !dontWait && RawCalls.Poll(_handle, LibC.POLLOUT, -1);
            nint sent = LibC.send(_handle, bytes.Span, bytes.Length, flags);
            if (sent >= 0)
            {
                return (int)sent;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case LibC.EINTR:
                    continue;
                case LibC.EAGAIN when dontWait:
                    return WouldBlock;
                case LibC.EAGAIN:
                    // POLLOUT promises some room, not room for this write; only a call that waits has no business to say EAGAIN.
                    if (!announced)
                    {
                        CountSpuriousEagain();
                    }

                    continue;
                default:
                    throw RawCalls.Failed("send");
            }
        }
    }

    public override int Receive(Memory<byte> buffer, bool dontWait)
    {
        int flags = dontWait || _poll ? LibC.MSG_DONTWAIT : 0;
        while (true)
        {
            if (_poll && !dontWait)
            {
                RawCalls.Poll(_handle, LibC.POLLIN, -1);
            }

            nint received = LibC.recv(_handle, buffer.Span, buffer.Length, flags);
            if (received >= 0)
            {
                return (int)received;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case LibC.EINTR:
                    continue;
                case LibC.EAGAIN when dontWait:
                    return WouldBlock;
                case LibC.EAGAIN:
                    CountSpuriousEagain();
                    continue;
                default:
                    throw RawCalls.Failed("recv");
            }
        }
    }

    public override void ShutdownWrite()
    {
        if (LibC.shutdown(_handle, LibC.SHUT_WR) < 0)
        {
            throw RawCalls.Failed("shutdown(SHUT_WR)");
        }
    }

    public override bool Poll(bool forRead, bool forWrite, int timeoutMs) =>
        RawCalls.Poll(_handle, (short)((forRead ? LibC.POLLIN : 0) | (forWrite ? LibC.POLLOUT : 0)), timeoutMs);

    protected override void Dispose(bool disposing) => _handle.Dispose();
}
