using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Redirects;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Remove-SockmapRedirect: takes a redirect away without losing a byte, unless it is forced.</summary>
[Cmdlet(VerbsCommon.Remove, "SockmapRedirect", SupportsShouldProcess = true)]
[OutputType(typeof(RedirectRemovalResult))]
public sealed class RemoveSockmapRedirectCommand : RedirectCommand
{
    /// <summary>Names and wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RedirectNameCompleter))]
    public string[] Name { get; set; } = [];

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

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        RedirectManager manager = OpenRedirects();
        ForEachRedirect(manager, Name, name =>
        {
            if (ShouldProcess($"redirect '{name}'", Force ? "Remove, and drop bytes that nobody has read yet" : "Remove"))
            {
                Tell(Remove(manager, name));
            }
        });
    }

    private RedirectRemovalResult Remove(RedirectManager manager, string name)
    {
        DrainReporter reporter = new($"Removing redirect '{name}'", record => TellHost(() => WriteProgress(record)));
        try
        {
            return manager.Remove(name, new RemoveOptions { Force = Force, Timeout = Timeout, Progress = reporter }, StopToken);
        }
        finally
        {
            reporter.Complete();
        }
    }

    private void Tell(RedirectRemovalResult result)
    {
        if (!result.IsComplete)
        {
            WriteError(DrainTimeoutError.Create(result));
        }

        if (result.DroppedBytes > 0)
        {
            WriteWarning(string.Create(CultureInfo.InvariantCulture, $"Removing redirect '{result.Name}' dropped {result.DroppedBytes} bytes that nobody had read yet."));
        }

        if (result.SourceStays)
        {
            WriteWarning($"Redirect '{result.Name}' is gone, but its source stays in a sockmap until it is closed: {result.StayReason}. It receives what comes in as before.");
        }

        if (PassThru)
        {
            WriteObject(result);
        }
    }
}
