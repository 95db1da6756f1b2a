using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;

namespace Sockmap.TestKit.Traffic;

/// <summary>A running Sockmap.Traffic. Dispose kills it; it also ends by itself when this process does.</summary>
public sealed class TrafficProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly object _lock = new();
    private readonly Queue<IReadOnlyList<ConnectionReport>> _statuses = new();
    private readonly List<long> _pauses = [];
    private readonly Thread[] _readers;
    private int? _listening;
    private IReadOnlyList<int>? _connected;
    private TrafficResult? _result;
    private bool _ended;

    private TrafficProcess(TrafficOptions options)
    {
        Options = options;
        string dll = typeof(TrafficOptions).Assembly.Location;
        var start = new ProcessStartInfo(Host, [dll, .. TrafficArguments.Format(options)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        // A coverage collector or profiler of the test run must not slow the traffic down.
        start.Environment.Remove("CORECLR_ENABLE_PROFILING");
        _process = Process.Start(start)!;
        _readers = [new Thread(ReadErrors) { IsBackground = true }, new Thread(ReadLines) { IsBackground = true }];
        Array.ForEach(_readers, r => r.Start());
    }

    public TrafficOptions Options { get; }

    public int Id => _process.Id;

    /// <summary>The server's port; waits until there is one.</summary>
    public int ListeningPort => WaitFor("listening", () => _listening);

    /// <summary>Client ports of the connections; waits until all are there.</summary>
    public IReadOnlyList<int> ConnectedPorts => WaitFor("connected", () => _connected);

    private static string Host
    {
        get
        {
            // …/dotnet/shared/Microsoft.NETCore.App/10.0.x/ : the host that runs us, whatever PATH says.
            string host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
            return File.Exists(host) ? host : "dotnet";
        }
    }

    public static TrafficProcess Start(TrafficOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new TrafficProcess(options with { ExitWithStdin = true });
    }

    /// <summary>pause-reading, resume-reading, pause-sending, resume-sending, stop, shutdown or port N. Nothing happens when the process has ended.</summary>
    public void SendCommand(string command)
    {
        try
        {
            _process.StandardInput.WriteLine(command);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // EPIPE: it has ended, and its outcome tells why.
        }
    }

    /// <summary>How far the connections are now.</summary>
    public IReadOnlyList<ConnectionReport> Status()
    {
        SendCommand("status");
        return WaitFor("status", () => _statuses.TryDequeue(out IReadOnlyList<ConnectionReport>? status) ? status : null);
    }

    /// <summary>Waits until the connections of this process have received so many bytes together.</summary>
    public void WaitUntilReceived(long bytes, TimeSpan? time = null)
    {
        if (!Patience.Until(() => Status().Sum(c => c.BytesReceived) >= bytes, time))
        {
            throw new TrafficFailedException($"The {Options.Role} did not receive {bytes} bytes in time: {string.Join(", ", Status())}");
        }
    }

    /// <summary>Waits until a reader has stopped at its PauseReaderAt; gives the offset (bytes).</summary>
    public long WaitUntilReaderPaused() => WaitFor("reader paused", () => _pauses.Count > 0 ? (long?)_pauses[0] : null);

    /// <summary>Waits for the end. After the deadline the process is killed and the outcome has no result.</summary>
    public TrafficOutcome WaitForExit(TimeSpan deadline)
    {
        bool inTime = WaitForEnd(deadline);
        if (!inTime)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        Array.ForEach(_readers, r => r.Join());
        lock (_lock)
        {
            return new TrafficOutcome(_process.ExitCode, _result, inTime ? Errors : $"killed after {deadline}; {Errors}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        // The pipes have ended with the process; closed under a thread that still reads, they would throw there.
        Array.ForEach(_readers, r => r.Join());
        _process.Dispose();
    }

    internal bool HasFailed
    {
        get
        {
            lock (_lock)
            {
                return _ended && _result is not { ExitCode: ExitCode.Success };
            }
        }
    }

    internal bool HasEnded
    {
        get
        {
            lock (_lock)
            {
                return _ended;
            }
        }
    }

    private string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    private bool WaitForEnd(TimeSpan deadline)
    {
        long end = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        lock (_lock)
        {
            while (!_ended)
            {
                long left = end - Environment.TickCount64;
                if (left <= 0)
                {
                    return false;
                }

                Monitor.Wait(_lock, (int)Math.Min(left, 1000));
            }

            return true;
        }
    }

    private T WaitFor<T>(string what, Func<T?> get)
        where T : struct => WaitFor<object>(what, () => get()) is T value ? value : default;

    private T WaitFor<T>(string what, Func<T?> get)
        where T : class
    {
        // Longer than the process's own watchdog, which knows better what is wrong.
        long end = Environment.TickCount64 + Options.TimeoutMs + (long)Patience.Default.TotalMilliseconds;
        lock (_lock)
        {
            while (true)
            {
                if (get() is { } value)
                {
                    return value;
                }

                if (_ended || Environment.TickCount64 > end)
                {
                    throw new TrafficFailedException($"The {Options.Role} was not '{what}': {(_ended ? "it ended" : "time is up")}; {_result} {Errors}");
                }

                Monitor.Wait(_lock, 1000);
            }
        }
    }

    private void ReadErrors()
    {
        while (_process.StandardError.ReadLine() is { } line)
        {
            lock (_errors)
            {
                _errors.AppendLine(line);
            }
        }
    }

    private void ReadLines()
    {
        while (_process.StandardOutput.ReadLine() is { } text)
        {
            TrafficLine line = JsonSerializer.Deserialize(text, TrafficJson.Default.TrafficLine)!;
            lock (_lock)
            {
                _listening = line.Listening ?? _listening;
                _connected = line.Connected ?? _connected;
                _result = line.Result ?? _result;
                if (line.ReaderPaused is { } offset)
                {
                    _pauses.Add(offset);
                }

                if (line.Status is { } status)
                {
                    _statuses.Enqueue(status);
                }

                Monitor.PulseAll(_lock);
            }
        }

        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
    }
}
