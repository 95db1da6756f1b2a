using System.Net.Sockets;

namespace Sockmap.Tests.Proxies;

/// <summary>Bytes of which each tells its place, and what to do with them.</summary>
internal static class Bytes
{
    public static byte[] Make(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Sends all, in pieces of these sizes again and again.</summary>
    public static void Send(Socket socket, byte[] bytes, params int[] sizes)
    {
        int sent = 0;
        for (int i = 0; sent < bytes.Length; i++)
        {
            int size = Math.Min(sizes.Length == 0 ? bytes.Length : sizes[i % sizes.Length], bytes.Length - sent);
            for (int done = 0; done < size;)
            {
                done += socket.Send(bytes, sent + done, size - done, SocketFlags.None);
            }

            sent += size;
        }
    }

    public static byte[] Receive(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        int received = 0;
        while (received < count)
        {
            int read = socket.Receive(bytes, received, count - received, SocketFlags.None);
            Assert.True(read > 0, $"The stream ended after {received} of {count} bytes.");
            received += read;
        }

        return bytes;
    }

    public static void AssertReceives(Socket socket, byte[] expected) =>
        Assert.True(Receive(socket, expected.Length).AsSpan().SequenceEqual(expected), "Other bytes came than were sent.");

    public static void AssertEnd(Socket socket) => Assert.Equal(0, socket.Receive(new byte[1]));

    public static void AssertReset(Socket socket)
    {
        SocketException error = Assert.Throws<SocketException>(() =>
        {
            while (socket.Receive(new byte[65536]) > 0)
            {
            }
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    /// <summary>Runs them side by side, and throws what one of them threw.</summary>
    public static void Together(params Action[] actions)
    {
        Task all = Task.WhenAll(actions.Select(action => Task.Factory.StartNew(action, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.True(all.Wait(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken), "Traffic stalled.");
    }
}
