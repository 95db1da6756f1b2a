using System.Diagnostics;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary>The real command as a process of its own.</summary>
internal sealed class SockmapProcess : IDisposable
{
    private readonly Process process;
    private readonly Task<string> error;

    private SockmapProcess(Process process)
    {
        this.process = process;
        error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The command's path.</summary>
    public static string Command { get; } = Path.Combine(AppContext.BaseDirectory, "Sockmap.Cli");

    public int Id => process.Id;

    public static SockmapProcess Start(params IEnumerable<string> arguments) => StartProgram(Command, arguments);

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(params IEnumerable<string> arguments)
    {
        using SockmapProcess started = Start(arguments);
        return await started.WaitAsync();
    }

    /// <summary>Runs it to its end as nobody, without a capability.</summary>
    public static async Task<(int Code, string Output, string Error)> RunUnprivilegedAsync(params IEnumerable<string> arguments)
    {
        using SockmapProcess started = StartUnprivileged(arguments);
        return await started.WaitAsync();
    }

    /// <summary>Starts it as nobody, without a capability.</summary>
    public static SockmapProcess StartUnprivileged(params IEnumerable<string> arguments) => StartProgram(
        "setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", Command, .. arguments]);

    /// <summary>Runs it to its end as root with only these capabilities (setpriv(1): <c>+bpf,+net_admin</c>).</summary>
    public static async Task<(int Code, string Output, string Error)> RunWithCapabilitiesAsync(string capabilities, params IEnumerable<string> arguments)
    {
        using SockmapProcess started = StartProgram(
            "setpriv", ["--bounding-set", $"-all,{capabilities}", "--inh-caps", "-all", "--", Command, .. arguments]);
        return await started.WaitAsync();
    }

    public async Task<(int Code, string Output, string Error)> WaitAsync()
    {
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await error;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, errors);
    }

    public async Task TellAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    public async Task<string> AskAsync(string line)
    {
        await TellAsync(line);
        return await ReadLineAsync();
    }

    public async Task<string> ReadLineAsync() =>
        await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
        ?? throw new InvalidOperationException($"The process has ended: {await error}");

    public void Signal(string signal)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private static SockmapProcess StartProgram(string program, IEnumerable<string> arguments) => new(Process.Start(
        new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
}
