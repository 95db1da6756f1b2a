using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sockmap.Interop;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>
/// What is measured, a thread at either end. Nothing in these loops allocates, and each says what it allocated all the same.
/// </summary>
internal static class MeasuredLoops
{
    /// <summary>Bytes of the receiver's count, which ends a stream.</summary>
    public const int CountLength = sizeof(long);

    // Reading the clock is a good part of a very small write.
    private const int SmallMessage = 4096;
    private const int SmallBurst = 16;

    // Asking TCP for its count is a system call more: not for each connection. A prime, to fall in step with nothing.
    private const int Sampled = 61;

    /// <summary>Client: round trips, each recorded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PingPong(ClientThread thread, int socket, long duration)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        ReadOnlySpan<byte> message = thread.Message;
        Span<byte> buffer = thread.Buffer;
        LatencyHistogram histogram = thread.Histogram;
        long began = Stopwatch.GetTimestamp();
        long now = began;
        while (now - began < duration)
        {
            MeasuredSocket.SendAll(socket, message);
            if (!MeasuredSocket.ReceiveAll(socket, buffer, message.Length))
            {
                throw MeasuredSocket.Ended();
            }

            long after = Stopwatch.GetTimestamp();
            histogram.Record(after - now);
            now = after;
        }

        thread.Finish(began, now, histogram.Count, histogram.Count * message.Length, allocated);
    }

    /// <summary>Server: sends back each message when it is there as a whole, until the client is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Echo(ServerThread thread, int socket)
    {
        ReadOnlySpan<byte> message = thread.Message;
        Span<byte> buffer = thread.Buffer;
        while (MeasuredSocket.ReceiveAll(socket, buffer, message.Length))
        {
            MeasuredSocket.SendAll(socket, message);
            thread.Sent += message.Length;
            thread.CountMessage();
        }
    }

    /// <summary>
    /// Client: messages of zeros, until the time is over; the last one ends with another byte, upon which the server says how
    /// much it got.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Stream(ClientThread thread, int socket, long duration)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        ReadOnlySpan<byte> message = thread.Message;
        int burst = message.Length < SmallMessage ? SmallBurst : 1;
        long sent = 0;
        long began = Stopwatch.GetTimestamp();
        do
        {
            for (int i = 0; i < burst; i++)
            {
                MeasuredSocket.SendAll(socket, message);
            }

            sent += (long)burst * message.Length;
        }
        while (Stopwatch.GetTimestamp() - began < duration);

        MeasuredSocket.SendAll(socket, thread.LastMessage);
        sent += message.Length;
        Span<byte> count = stackalloc byte[CountLength];
        if (!MeasuredSocket.ReceiveAll(socket, count, CountLength))
        {
            throw MeasuredSocket.Ended();
        }

        long ended = Stopwatch.GetTimestamp();
        long arrived = MemoryMarshal.Read<long>(count);
        if (arrived != sent)
        {
            throw new WorkerException($"Of {sent} bytes {arrived} arrived.");
        }

        thread.Finish(began, ended, sent, sent, allocated);
    }

    /// <summary>Server: takes all that comes, and says how much it was when a message says that it is the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sink(ServerThread thread, int socket)
    {
        Span<byte> buffer = thread.Buffer;
        long arrived = 0;
        int received;
        while ((received = MeasuredSocket.Receive(socket, buffer)) > 0)
        {
            arrived += received;

            // Nothing follows it before the count has been read.
            if (buffer[received - 1] != 0)
            {
                MeasuredSocket.SendAll(socket, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref arrived, 1)));
                thread.Sent += CountLength;
                thread.CountMessage();
                arrived = 0;
            }
        }
    }

    /// <summary>
    /// Client: connects, sends a message, waits until the server has read it and closed, and closes. The server's FIN is an
    /// ordinary one; this end, the second, resets.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Connect(ClientThread thread, ReadOnlySpan<byte> address, long duration)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        ReadOnlySpan<byte> message = thread.Message;
        Span<byte> buffer = thread.Buffer;
        long connections = 0;
        long sampled = 0;
        long began = Stopwatch.GetTimestamp();
        long now;
        do
        {
            int socket = MeasuredSocket.Create(address);
            try
            {
                MeasuredSocket.Connect(socket, address);
                MeasuredSocket.SetNoDelay(socket, thread.IsTcp);
                MeasuredSocket.SetReset(socket);
                MeasuredSocket.SendAll(socket, message);
                if (MeasuredSocket.Receive(socket, buffer) != 0)
                {
                    throw new WorkerException("The server sent something, and should have closed.");
                }

                if (connections++ % Sampled == 0)
                {
                    sampled += message.Length;
                    thread.CountOverTcp(socket);
                }
            }
            finally
            {
                _ = SocketCalls.Close(socket);
            }

            now = Stopwatch.GetTimestamp();
        }
        while (now - began < duration);

        thread.Finish(began, now, connections, sampled, allocated);
    }

    /// <summary>Server: takes a message and closes.</summary>
    public static void TakeOne(ServerThread thread, int socket) =>
        _ = MeasuredSocket.ReceiveAll(socket, thread.Buffer, thread.Message.Length);
}
