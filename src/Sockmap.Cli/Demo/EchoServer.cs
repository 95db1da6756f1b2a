using System.Net;
using System.Net.Sockets;
using Sockmap.Proof;
using Sockmap.Workers;

namespace Sockmap.Cli.Demo;

/// <summary>Sends back what it gets, one connection after the other.</summary>
internal static class EchoServer
{
    /// <summary>Serves on a free port of 127.0.0.1, which it tells the parent, until the parent ends it.</summary>
    public static void Run(ParentLink parent)
    {
        using Socket listener = BlockingSocket.Create();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(16);
        parent.Write(((IPEndPoint)listener.LocalEndPoint!).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        byte[] buffer = new byte[CheckedBytes.MaxLength];
        while (true)
        {
            using Socket connection = listener.Accept();
            connection.NoDelay = true;
            try
            {
                for (int count; (count = BlockingSocket.Receive(connection, buffer)) > 0;)
                {
                    BlockingSocket.SendAll(connection, buffer.AsSpan(0, count));
                }
            }
            catch (SocketException exception)
                when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
            {
                // The client ended in the middle; the parent knows, and the next connection is served.
            }
        }
    }
}
