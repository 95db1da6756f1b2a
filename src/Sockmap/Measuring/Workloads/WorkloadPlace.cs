using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockmap.Bypasses;

namespace Sockmap.Measuring.Workloads;

/// <summary>
/// Where the processes of one way run: its cgroup, their CPUs, a free port, and a folder. Disposing it ends them and removes
/// the folder.
/// </summary>
internal sealed class WorkloadPlace : IDisposable
{
    private const int MostErrorLines = 20;

    // Enters the cgroup before the program makes its first socket, which belongs to it for good.
    private const string EnterCgroup = "echo 0 > \"$0/cgroup.procs\" && exec \"$@\"";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string _cgroup;
    private readonly IReadOnlyList<int> _cpus;
    private readonly string _folder = Directory.CreateTempSubdirectory("sockmap-measure-").FullName;
    private readonly Queue<string> _serverErrors = [];
    private CancellationToken _cancellationToken;
    private Process? _server;

    public WorkloadPlace(string cgroup, IReadOnlyList<int> cpus, CancellationToken cancellationToken)
    {
        _cgroup = cgroup;
        _cpus = cpus;
        _cancellationToken = cancellationToken;
        using TcpListener any = new(IPAddress.Loopback, 0);
        any.Start();
        Port = ((IPEndPoint)any.LocalEndpoint).Port;
    }

    /// <summary>A port of 127.0.0.1 that was free.</summary>
    public int Port { get; }

    /// <summary>The port as text.</summary>
    public string PortText => Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>A folder for their files, in which they start.</summary>
    public string Folder => _folder;

    /// <summary>Starts the server, on the server's CPU.</summary>
    public void StartServer(string program, IReadOnlyList<string> arguments, UserIds? user = null)
    {
        _server = Start(program, arguments, _cpus[0], user);
        _server.OutputDataReceived += KeepError;
        _server.ErrorDataReceived += KeepError;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
    }

    /// <summary>
    /// Waits until the server listens, by the kernel's list of sockets: no connection is made that it would count. The list of
    /// the network namespace that this thread is in, as the server is too.
    /// </summary>
    public void WaitUntilItListens()
    {
        string own = string.Create(CultureInfo.InvariantCulture, $" 0100007F:{Port:X4} 00000000:0000 0A ");
        WaitUntil(() => File.ReadAllText("/proc/thread-self/net/tcp").Contains(own, StringComparison.Ordinal));
    }

    /// <summary>Waits until the server is ready.</summary>
    /// <exception cref="BypassException">It ended, or took too long (WorkerFailed).</exception>
    public void WaitUntil(Func<bool> isReady)
    {
        for (long began = Stopwatch.GetTimestamp(); !isReady();)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (_server!.HasExited)
            {
                throw Failed($"The server ended with {_server.ExitCode} before it was ready: {ServerErrors()}");
            }

            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw Failed($"The server was not ready after {Patience.TotalSeconds:0} s: {ServerErrors()}");
            }

            Thread.Sleep(Pause);
        }
    }

    /// <summary>From here on cancelling the run does not reach it: the server of a cancelled run is ended too.</summary>
    public void BeginEnd() => _cancellationToken = CancellationToken.None;

    /// <summary>Waits until the server has ended by itself.</summary>
    public void WaitUntilItEnded() => _server?.WaitForExit(Patience);

    /// <summary>Runs a program on the client's CPU to its end.</summary>
    /// <param name="program">Full path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="time">How long it is expected to take.</param>
    /// <param name="user">As whom; null is as whom this process is.</param>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="BypassException">It failed or took too long (WorkerFailed).</exception>
    public string Run(string program, IReadOnlyList<string> arguments, TimeSpan time, UserIds? user = null)
    {
        (int exitCode, string output, string errors) = RunToEnd(program, arguments, time, user);
        return exitCode == 0 ? output : throw Failed($"'{program} {string.Join(' ', arguments)}' ended with {exitCode}: {LastLines(errors.Length > 0 ? errors : output)}");
    }

    /// <summary>Runs a program to its end, and tells whether it ended well.</summary>
    public bool Succeeds(string program, IReadOnlyList<string> arguments, UserIds? user = null) => RunToEnd(program, arguments, TimeSpan.Zero, user).ExitCode == 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (_server is not null)
            {
                _server.Kill(entireProcessTree: true);
                _server.WaitForExit(Patience);
                _server.Dispose();
            }
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private (int ExitCode, string Output, string Errors) RunToEnd(string program, IReadOnlyList<string> arguments, TimeSpan time, UserIds? user)
    {
        using Process process = Start(program, arguments, _cpus[^1], user);
        StringBuilder output = new();
        StringBuilder errors = new();
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        long began = Stopwatch.GetTimestamp();
        try
        {
            while (!process.WaitForExit(Pause))
            {
                _cancellationToken.ThrowIfCancellationRequested();
                if (Stopwatch.GetElapsedTime(began) > time + Patience)
                {
                    throw Failed($"'{program} {string.Join(' ', arguments)}' did not end within {(time + Patience).TotalSeconds:0} s.");
                }
            }

            // Until both of its streams have ended too.
            process.WaitForExit();
            return (process.ExitCode, output.ToString(), errors.ToString());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
        }
    }

    private Process Start(string program, IReadOnlyList<string> arguments, int cpu, UserIds? user)
    {
        string cpuText = cpu.ToString(CultureInfo.InvariantCulture);

        // It is killed with the thread that starts it, which is the one that measures, so that it outlives nobody who was killed.
        ProcessStartInfo start = new("/bin/sh", ["-c", EnterCgroup, _cgroup, "taskset", "-c", cpuText, "setpriv", "--pdeathsig", "KILL", .. user?.Arguments ?? [], "--", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };

        // Numbers are parsed.
        start.Environment["LC_ALL"] = "C";
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new BypassException(BypassError.WorkerFailed, $"'{program}' could not be started: {e.Message}", e);
        }
    }

    private void KeepError(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
        {
            lock (_serverErrors)
            {
                _serverErrors.Enqueue(text);
                if (_serverErrors.Count > MostErrorLines)
                {
                    _serverErrors.Dequeue();
                }
            }
        }
    }

    private string ServerErrors()
    {
        lock (_serverErrors)
        {
            return _serverErrors.Count == 0 ? "it said nothing." : string.Join(' ', _serverErrors);
        }
    }

    private static string LastLines(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3));

    private static BypassException Failed(FormattableString message) => new(BypassError.WorkerFailed, message.ToString(CultureInfo.InvariantCulture));
}
