using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Sockmap.Workers;

/// <summary>
/// A process of ours, seen from the parent: told and asked by lines over its standard input and output. It ends when its
/// input does, hence also when the parent is killed.
/// </summary>
public sealed class WorkerProcess : IDisposable
{
    private const int MostErrorText = 2000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly List<string> _errors = [];
    private readonly ManualResetEventSlim _allErrors = new();
    private readonly string _what;
    private bool _isReleased;

    private WorkerProcess(Process process, string what)
    {
        _process = process;
        _what = what;
        Id = process.Id;
        process.ErrorDataReceived += KeepError;
        process.BeginErrorReadLine();
    }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    /// <summary>Starts it.</summary>
    /// <param name="command">The program.</param>
    /// <param name="what">What it is, for messages: <c>the worker of a proof</c>.</param>
    /// <exception cref="WorkerException">The program could not be started.</exception>
    public static WorkerProcess Start(WorkerCommand command, string what)
    {
        ArgumentNullException.ThrowIfNull(command);
        ProcessStartInfo start = new(command.FileName, command.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach ((string name, string value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return new WorkerProcess(Process.Start(start)!, what);
        }
        catch (Win32Exception e)
        {
            throw new WorkerException($"'{command.FileName}' could not be started as {what}: {e.Message}.", e);
        }
    }

    /// <summary>Tells it a line.</summary>
    /// <exception cref="WorkerException">It has ended.</exception>
    public async Task WriteAsync(string line, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Ended(e);
        }
    }

    /// <summary>Waits for a line of it.</summary>
    /// <exception cref="WorkerException">It ended, or was silent for that long.</exception>
    public async Task<string> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        string? line;
        try
        {
            // Waiting for longer than so many milliseconds is not possible.
            TimeSpan most = TimeSpan.FromMilliseconds(int.MaxValue);
            line = await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask()
                .WaitAsync(timeout < most ? timeout : most, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new WorkerException(
                string.Create(CultureInfo.InvariantCulture, $"{Capitalized} (process {Id}) has not answered for {timeout.TotalSeconds:0.#} s."), e);
        }

        // Ctrl+C goes to all processes of the terminal: then it is no fault of theirs.
        cancellationToken.ThrowIfCancellationRequested();
        return line ?? throw Ended(null);
    }

    /// <summary>Lets it go on alone: disposing of this object ends nothing any more.</summary>
    public void Release() => _isReleased = true;

    /// <summary>Ends it, and waits until it has, unless it was released.</summary>
    public void Dispose()
    {
        if (_isReleased)
        {
            // Nobody reads what it says from now on.
            _process.StandardInput.Close();
            _process.StandardOutput.Close();
            _process.CancelErrorRead();
            _process.Dispose();
            return;
        }

        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, with something that we told it still unread.
        }

        if (!_process.WaitForExit(Patience))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        // Not the event: the last of the errors may still come, and it holds nothing that has to be given back.
        _process.Dispose();
    }

    private string Capitalized => char.ToUpperInvariant(_what[0]) + _what[1..];

    private WorkerException Ended(Exception? inner)
    {
        string how = _process.WaitForExit(Patience)
            ? string.Create(CultureInfo.InvariantCulture, $" with exit code {_process.ExitCode}")
            : string.Empty;
        _allErrors.Wait(Patience);
        lock (_errors)
        {
            string said = string.Join(' ', _errors);
            return new WorkerException($"{Capitalized} (process {Id}) ended before its time{how}{(said.Length == 0 ? "." : $": {said}")}", inner);
        }
    }

    private void KeepError(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is null)
        {
            _allErrors.Set();
            return;
        }

        lock (_errors)
        {
            if (!string.IsNullOrWhiteSpace(e.Data) && _errors.Sum(line => line.Length) < MostErrorText)
            {
                _errors.Add(e.Data.Trim());
            }
        }
    }
}
