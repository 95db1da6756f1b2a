using System.Management.Automation;
using System.Runtime.ExceptionServices;
using Sockmap.Bypasses;
using Sockmap.Workers;
using SockmapPS.Errors;

namespace SockmapPS.Commands;

/// <summary>
/// What every cmdlet here shares: Ctrl+C cancels the work in the kernel at a safe point, verbose lines and progress
/// come from within it, and its errors become error records.
/// </summary>
public abstract class SockmapCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private ExceptionDispatchInfo? _hostFailure;

    /// <summary>Cancelled by Ctrl+C.</summary>
    private protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Dispose();
        }
    }

    /// <inheritdoc />
    protected override void StopProcessing()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Ctrl+C comes on another thread, and the cmdlet has just ended: nothing is left to stop.
        }
    }

    /// <summary>A manager of the given bpffs (null: the standard one) that tells its steps as verbose lines.</summary>
    private protected BypassManager OpenManager(string? bpfFileSystem) => new(OptionsFor(bpfFileSystem));

    /// <summary>What a manager is to know: the given bpffs (null: the standard one), and that its steps are verbose lines.</summary>
    private protected BypassManagerOptions OptionsFor(string? bpfFileSystem) => new()
    {
        BpfFileSystem = bpfFileSystem is null ? null : ResolveFolder(bpfFileSystem),
        Log = step => TellHost(() => WriteVerbose(step)),
    };

    /// <summary>
    /// The full path of a folder, from the session's location where it is relative. Not through the provider, which
    /// takes the backslashes in names such as <c>dev-disk\x2dby.slice</c> for separators.
    /// </summary>
    private protected string ResolveFolder(string path) =>
        Path.GetFullPath(path, SessionState.Path.CurrentFileSystemLocation.ProviderPath);

    /// <summary>
    /// Calls the host from within kernel work. What it throws (the pipeline stops, an action preference of Stop) must
    /// not tear that work at any place: the work is cancelled, and <see cref="TryRun"/> throws once it has ended.
    /// </summary>
    private protected void TellHost(Action tell)
    {
        if (_hostFailure is not null)
        {
            return;
        }

        try
        {
            tell();
        }
        catch (RuntimeException exception)
        {
            _hostFailure = ExceptionDispatchInfo.Capture(exception);
            _stop.Cancel();
        }
    }

    /// <summary>
    /// Runs kernel work. An error of the work is written as an error record, or ends the cmdlet where no other record
    /// could fare better; false then. What <see cref="TellHost"/> caught is thrown when the work has ended.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <param name="target">Chooses the value that an error is about.</param>
    private protected bool TryRun(Action work, Func<BypassError, object?> target)
    {
        BypassException? failure = null;
        try
        {
            work();
        }
        catch (BypassException exception)
        {
            failure = exception;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _hostFailure?.Throw();
            throw new PipelineStoppedException();
        }

        _hostFailure?.Throw();
        if (failure is null)
        {
            return true;
        }

        ErrorRecord record = failure.ToErrorRecord(target(failure.Error));
        if (failure.Error.IsHopeless())
        {
            ThrowTerminatingError(record);
        }

        WriteError(record);
        return false;
    }

    /// <summary>
    /// Runs kernel work once for each bypass that the patterns mean. A name that was written out and is not installed
    /// is an error; one that vanished after it was listed is not.
    /// </summary>
    /// <param name="manager">Where to look.</param>
    /// <param name="patterns">Names and wildcards; null is every bypass. Case matters, as it does in the names.</param>
    /// <param name="work">What to do with a name.</param>
    private protected void ForEachBypass(BypassManager manager, string[]? patterns, Action<string> work) =>
        ForEachName(manager.ListNames, BypassError.BypassNotFound, patterns, work);

    /// <summary>The same for whatever has names.</summary>
    /// <param name="list">All the names that there are.</param>
    /// <param name="gone">How the work says that a name is none.</param>
    /// <param name="patterns">Names and wildcards; null is every name. Case matters, as it does in the names.</param>
    /// <param name="work">What to do with a name.</param>
    private protected void ForEachName(Func<IReadOnlyList<string>> list, BypassError gone, string[]? patterns, Action<string> work)
    {
        HashSet<string> done = new(StringComparer.Ordinal);
        IReadOnlyList<string>? listed = null;
        foreach (string pattern in patterns ?? ["*"])
        {
            if (!WildcardPattern.ContainsWildcardCharacters(pattern))
            {
                if (done.Add(pattern))
                {
                    TryRun(() => work(pattern), _ => pattern);
                }

                continue;
            }

            if (listed is null && !TryRun(() => listed = list(), _ => pattern))
            {
                return;
            }

            WildcardPattern matcher = new(pattern, WildcardOptions.CultureInvariant);
            foreach (string name in listed!.Where(name => matcher.IsMatch(name) && done.Add(name)))
            {
                TryRun(() => WorkUnlessGone(work, name, gone), _ => name);
            }
        }
    }

    /// <summary>
    /// This PowerShell once more, with a command that ends it at once where .NET's startup hooks are turned off. A program
    /// that hosts PowerShell may do anything when it is started, so that it is not taken; nor need there be a dotnet.
    /// </summary>
    private protected DotnetWorkerHost FindWorkerHost()
    {
        string home = (string)SessionState.PSVariable.GetValue("PSHOME");
        string own = Path.Combine(home, "pwsh");
        string[] ending = ["-NoProfile", "-NonInteractive", "-Command", "exit 1"];

        // As a tool of the .NET SDK it is a library that dotnet runs.
        return File.Exists(own) || !File.Exists(own + ".dll") ? new DotnetWorkerHost(own, ending) : new DotnetWorkerHost("dotnet", [own + ".dll", .. ending]);
    }

    private static void WorkUnlessGone(Action<string> work, string name, BypassError gone)
    {
        try
        {
            work(name);
        }
        catch (BypassException exception) when (exception.Error == gone)
        {
            // Listed a moment ago and removed since by somebody else: nobody asked for it by name.
        }
    }
}
