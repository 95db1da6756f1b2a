using System.Diagnostics;

namespace Sockmap.Cli.Demo;

/// <summary>
/// A process of this same program that runs one end of the demo, seen from the parent: told and asked by lines over its
/// standard input and output. It ends when its input does, hence also when the parent is killed.
/// </summary>
internal sealed class DemoProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process process;
    private readonly string command;

    private DemoProcess(Process process, string command)
    {
        this.process = process;
        this.command = command;
    }

    /// <summary>Its process id.</summary>
    public int Id => process.Id;

    /// <summary>Starts a (hidden) command of this program.</summary>
    public static DemoProcess Start(string command, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // Run as `dotnet Sockmap.Cli.dll` this process is dotnet.
        if (string.Equals(Path.GetFileName(start.FileName), "dotnet", StringComparison.Ordinal))
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Sockmap.Cli.dll"));
        }

        start.ArgumentList.Add(command);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new DemoProcess(Process.Start(start)!, command);
    }

    /// <summary>Tells it a line.</summary>
    public async Task WriteAsync(string line, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
            await process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DemoException($"'{command}' (process {Id}) ended before its time.", exception);
        }
    }

    /// <summary>Waits for a line of it.</summary>
    /// <exception cref="DemoException">It ended, or was silent for 10 seconds.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        string? line;
        try
        {
            line = await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new DemoException(
                $"'{command}' (process {Id}) has not answered for {Patience.TotalSeconds} s.", exception);
        }

        // Ctrl+C goes to all processes of the terminal: then it is no fault of theirs.
        cancellationToken.ThrowIfCancellationRequested();
        return line ?? throw new DemoException($"'{command}' (process {Id}) ended before its time.");
    }

    /// <summary>Ends it, and waits until it has.</summary>
    public void Dispose()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, with something that we told it still unread.
        }

        if (!process.WaitForExit(TimeSpan.FromSeconds(2)))
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }
}
