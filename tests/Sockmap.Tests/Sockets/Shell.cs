using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sockmap.Tests.Sockets;

/// <summary>A bash that runs the lines it is given; it connects by /dev/tcp. Dispose kills it and what it started.</summary>
internal sealed class Shell : IDisposable
{
    private readonly Process _process;
    private bool _disposed;

    public Shell()
    {
        _process = Process.Start(new ProcessStartInfo("bash", ["--norc", "--noprofile"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public int Id => _process.Id;

    /// <summary>Opens a connection as a descriptor of the shell.</summary>
    public void Connect(int descriptor, EndPoint? to) =>
        Run(string.Create(CultureInfo.InvariantCulture, $"exec {descriptor}<>/dev/tcp/127.0.0.1/{((IPEndPoint)to!).Port}"));

    /// <summary>Runs a line; gives what its last command wrote.</summary>
    public string Run(string line)
    {
        _process.StandardInput.WriteLine(line + "\necho \"|$?\"");
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine()!;
        Assert.EndsWith("|0", answer, StringComparison.Ordinal);
        return answer[..^2];
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
