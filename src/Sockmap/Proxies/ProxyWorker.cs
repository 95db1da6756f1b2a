using System.Runtime.InteropServices;
using System.Text.Json;
using Sockmap.Bypasses;
using Sockmap.Proxies.Interop;
using Sockmap.Workers;

namespace Sockmap.Proxies;

/// <summary>The process of a proxy that was started from another: told by a line what to do, it answers by one, and goes on alone.</summary>
internal static class ProxyWorker
{
    /// <summary>Its name among the jobs of workers.</summary>
    public const string Job = "proxy";

    /// <summary>Is the proxy until it is told to stop by SIGTERM.</summary>
    public static void Run(TextReader input, TextWriter output)
    {
        // Away from the terminal of whoever started it, and its signals.
        _ = ProxyCalls.NewSession();
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        ProxyWorkerRequest request = (input.ReadLine() is { } line ? JsonSerializer.Deserialize(line, ProxyJsonContext.Default.ProxyWorkerRequest) : null)
            ?? throw new WorkerException("The parent asked for no proxy.");
        ProxyServer server;
        try
        {
            server = ProxyServer.Open(request.Settings, new ProxyServerOptions { BpfFileSystem = request.BpfFileSystem });
        }
        catch (BypassException e)
        {
            Answer(output, new ProxyWorkerReply(null, e.Error, e.Message));
            return;
        }

        using (server)
        {
            Answer(output, new ProxyWorkerReply(server.Name, null, null));
            server.Run(stop.Token);
        }
    }

    private static void Answer(TextWriter output, ProxyWorkerReply reply)
    {
        output.WriteLine(JsonSerializer.Serialize(reply, ProxyJsonContext.Default.ProxyWorkerReply));
        output.Flush();
    }
}
