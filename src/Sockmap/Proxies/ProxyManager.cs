using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;
using Sockmap.Proxies.Interop;
using Sockmap.Proxies.Store;
using Sockmap.Workers;

namespace Sockmap.Proxies;

/// <summary>
/// Starts proxies in processes of their own, lists and stops them, whoever started them. It remembers nothing: a proxy is
/// there while its process holds its folder on bpffs. Every error is a <see cref="BypassException"/>.
/// </summary>
public sealed class ProxyManager
{
    private const int Pause = 20;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    // Beside the time that its connections have: closing them, and ending the process.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    private readonly ProxyManagerOptions _options;

    /// <summary>A manager of the proxies on one bpffs.</summary>
    public ProxyManager(ProxyManagerOptions? options = null) => _options = options ?? new ProxyManagerOptions();

    /// <summary>Starts a proxy in a process of its own, which goes on when this one ends.</summary>
    /// <param name="settings">What it is to do.</param>
    /// <param name="host">The program that it is to run in.</param>
    /// <param name="cancellationToken">Gives up waiting until it listens, and ends it.</param>
    /// <returns>The proxy, which listens.</returns>
    /// <exception cref="BypassException">A setting cannot be, an address cannot be listened on, a proxy has this name, the process
    /// lacks a privilege, or the process could not be started (WorkerFailed).</exception>
    /// <exception cref="OperationCanceledException">Cancelled; no proxy was started.</exception>
    public ProxyStatus Start(ProxySettings settings, IWorkerHost host, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(host);
        ProxyRules.Check(settings);
        return KernelError.Guard(() =>
        {
            try
            {
                using WorkerProcess worker = WorkerProcess.Start(host.CommandFor(ProxyWorker.Job), "the process of the proxy");
                ProxyWorkerReply reply = Ask(worker, new ProxyWorkerRequest(settings, _options.BpfFileSystem), cancellationToken);
                if (reply.Error is { } error)
                {
                    throw new BypassException(error, reply.Message!);
                }

                _options.Log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"Proxy '{reply.Name}' is process {worker.Id}."));
                worker.Release();
                return Get(reply.Name!);
            }
            catch (WorkerException e)
            {
                throw new BypassException(BypassError.WorkerFailed, e.Message, e);
            }
        });
    }

    /// <summary>All proxies, by name.</summary>
    public IReadOnlyList<ProxyStatus> List() => KernelError.Guard(() =>
        FindStore() is { } store
            ? [.. store.ListNames()
                .Select(name => new ProxyFolder(store, name))
                .Select(folder => TryRead(folder, reader => reader.ReadStatus(folder.IsLocked())))
                .OfType<ProxyStatus>()]
            : (IReadOnlyList<ProxyStatus>)[]);

    /// <summary>The names of all proxies, without a look at them.</summary>
    public IReadOnlyList<string> ListNames() => KernelError.Guard(() => FindStore()?.ListNames() ?? []);

    /// <summary>One proxy.</summary>
    /// <exception cref="BypassException">No proxy has this name (ProxyNotFound), or the kernel refused.</exception>
    public ProxyStatus Get(string name) => Read(name, (folder, reader) => reader.ReadStatus(folder.IsLocked()));

    /// <summary>The connections that a proxy has now, oldest first.</summary>
    /// <exception cref="BypassException">No proxy has this name (ProxyNotFound), or the kernel refused.</exception>
    public IReadOnlyList<ProxyConnectionStatus> GetConnections(string name) =>
        Read(name, (folder, reader) => folder.IsLocked() ? (IReadOnlyList<ProxyConnectionStatus>)[.. reader.ReadConnections()] : []);

    /// <summary>
    /// Stops a proxy: it takes no more connections, and those that there are may end in their own time; what is left of them
    /// when the time is over is reset. Of one whose process is dead what it left is taken away.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="timeout">How long connections may go on; zero for not at all.</param>
    /// <param name="progress">Told how many connections there still are.</param>
    /// <param name="cancellationToken">Gives up waiting; the proxy goes on stopping.</param>
    /// <exception cref="BypassException">No proxy has this name (ProxyNotFound), the process may not be told to stop
    /// (PermissionDenied), or has not ended (ProxyNotStopped).</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ProxyStopResult Stop(string name, TimeSpan timeout, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        ProxyRules.CheckName(name);
        long began = Stopwatch.GetTimestamp();
        return KernelError.Guard(() =>
        {
            ProxyFolder folder = FindFolder(name) ?? throw ProxyRules.NotFound(name);
            using ProxyReader reader = ProxyReader.TryOpen(folder, writable: true) ?? throw ProxyRules.NotFound(name);
            if (folder.IsLocked())
            {
                End(folder, reader, timeout, progress, cancellationToken);
            }
            else
            {
                folder.Remove();
            }

            Layout.ProxyCounters counters = reader.ReadCounters();
            return new ProxyStopResult
            {
                Name = name,
                Connections = counters.Accepted,
                DroppedConnections = counters.DroppedConnections,
                DroppedBytes = counters.DroppedBytes,
                Elapsed = Stopwatch.GetElapsedTime(began),
            };
        });
    }

    private BypassStore? FindStore() => BypassStore.Find(_options.BpfFileSystem, ProxyFolder.StoreName);

    private ProxyFolder? FindFolder(string name) => FindStore() is { } store ? new ProxyFolder(store, name) : null;

    private static T? TryRead<T>(ProxyFolder folder, Func<ProxyReader, T> read)
        where T : class
    {
        using ProxyReader? reader = ProxyReader.TryOpen(folder);
        return reader is null ? null : read(reader);
    }

    private static ProxyWorkerReply Ask(WorkerProcess worker, ProxyWorkerRequest request, CancellationToken cancellationToken)
    {
        Task<string> answer = AskAsync();
        return JsonSerializer.Deserialize(answer.GetAwaiter().GetResult(), ProxyJsonContext.Default.ProxyWorkerReply)!;

        async Task<string> AskAsync()
        {
            await worker.WriteAsync(JsonSerializer.Serialize(request, ProxyJsonContext.Default.ProxyWorkerRequest), cancellationToken).ConfigureAwait(false);
            return await worker.ReadAsync(StartTimeout, cancellationToken).ConfigureAwait(false);
        }
    }

    private T Read<T>(string name, Func<ProxyFolder, ProxyReader, T> read)
        where T : class
    {
        ProxyRules.CheckName(name);
        return KernelError.Guard(() => FindFolder(name) is { } folder
            ? TryRead(folder, reader => read(folder, reader))
            : null) ?? throw ProxyRules.NotFound(name);
    }

    private void End(ProxyFolder folder, ProxyReader reader, TimeSpan timeout, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        int process = reader.Description.ProcessId;
        reader.SetStopTimeout(timeout);
        using SafeProcess target = SafeProcess.Open(process, folder.Name);

        // The number may have been given to another process between reading and opening it, but not while the lock is held.
        if (folder.IsLocked())
        {
            target.Terminate();
            _options.Log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"Process {process} was told to stop."));
        }

        long began = Stopwatch.GetTimestamp();
        while (folder.Exists && folder.IsLocked())
        {
            if (Stopwatch.GetElapsedTime(began) > timeout + EndTimeout)
            {
                throw new BypassException(
                    BypassError.ProxyNotStopped,
                    string.Create(CultureInfo.InvariantCulture, $"Process {process} of proxy '{folder.Name}' has not ended {(timeout + EndTimeout).TotalSeconds:0.#} s after it was told to: look at it, or end it with kill -KILL {process}."));
            }

            progress?.Report(reader.ReadCounters().Active);
            cancellationToken.WaitHandle.WaitOne(Pause);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
