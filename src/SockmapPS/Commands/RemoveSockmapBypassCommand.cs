using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Remove-SockmapBypass: takes a bypass away without losing a byte, unless it is forced.</summary>
[Cmdlet(VerbsCommon.Remove, "SockmapBypass", SupportsShouldProcess = true)]
[OutputType(typeof(BypassRemoval))]
public sealed class RemoveSockmapBypassCommand : SockmapCommand
{
    /// <summary>Names and wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string[] Name { get; set; } = [BypassSettings.DefaultName];

    /// <summary>How long to wait for readers.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan Timeout { get; set; } = new RemoveOptions().Timeout;

    /// <summary>Does not wait; drops what nobody has read yet.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits what the removal did.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        ForEachBypass(manager, Name, name =>
        {
            if (ShouldProcess($"bypass '{name}'", Force ? "Remove, and drop bytes that nobody has read yet" : "Remove"))
            {
                Tell(Remove(manager, name));
            }
        });
    }

    private RemovalResult Remove(BypassManager manager, string name)
    {
        DrainReporter reporter = new($"Removing bypass '{name}'", record => TellHost(() => WriteProgress(record)));
        try
        {
            RemoveOptions options = new() { Force = Force, Timeout = Timeout, Progress = reporter };
            return manager.Remove(name, options, StopToken);
        }
        finally
        {
            reporter.Complete();
        }
    }

    private void Tell(RemovalResult result)
    {
        if (result.IsComplete)
        {
            WriteVerbose(string.Create(
                CultureInfo.InvariantCulture,
                $"Bypass '{result.Name}' was removed in {result.Elapsed.TotalSeconds:0.000} s; sockets taken out of it: {result.RemovedEntries}."));
        }
        else
        {
            WriteError(DrainTimeoutError.Create(result));
        }

        if (result.DroppedBytes > 0)
        {
            WriteWarning(string.Create(
                CultureInfo.InvariantCulture,
                $"Removing bypass '{result.Name}' dropped {result.DroppedBytes} bytes that nobody had read yet."));
        }

        if (PassThru)
        {
            WriteObject(BypassRemoval.From(result));
        }
    }
}
