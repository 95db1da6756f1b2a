using System.Net;
using System.Net.Sockets;

namespace Sockmap.Traffic.Sockets;

/// <summary>A connection over System.Net.Sockets' asynchronous calls, which wait with edge-triggered epoll.</summary>
internal sealed class DotnetStreamSocket : StreamSocket
{
    private readonly Socket _socket;

    public DotnetStreamSocket(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
        Local = (IPEndPoint)_socket.LocalEndPoint!;
        Remote = (IPEndPoint)_socket.RemoteEndPoint!;
    }

    public override IPEndPoint Local { get; }

    public override IPEndPoint Remote { get; }

    public override int Send(ReadOnlyMemory<byte> bytes, bool dontWait) =>
        Wait(() => _socket.SendAsync(bytes, SocketFlags.None), dontWait);

    public override int Receive(Memory<byte> buffer, bool dontWait) =>
        Wait(() => _socket.ReceiveAsync(buffer, SocketFlags.None), dontWait);

    public override void ShutdownWrite() => _socket.Shutdown(SocketShutdown.Send);

    public override bool Poll(bool forRead, bool forWrite, int timeoutMs) =>
        _socket.Poll(TimeSpan.FromMilliseconds(timeoutMs), forRead ? SelectMode.SelectRead : SelectMode.SelectWrite);

    protected override void Dispose(bool disposing) => _socket.Dispose();

    private int Wait(Func<ValueTask<int>> call, bool dontWait)
    {
        if (dontWait)
        {
            throw new NotSupportedException("The .NET sockets have no call that does not wait.");
        }

        while (true)
        {
            try
            {
                ValueTask<int> task = call();
                return task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                CountSpuriousEagain();
            }
        }
    }
}
