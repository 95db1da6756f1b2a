using System.Management.Automation;
using Sockmap.Redirects;

namespace SockmapPS.Commands;

/// <summary>Test-SockmapRedirect: tries out what this kernel redirects between which sockets.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SockmapRedirect")]
[OutputType(typeof(bool))]
[OutputType(typeof(RedirectTrialResult))]
public sealed class TestSockmapRedirectCommand : SockmapCommand
{
    /// <summary>Only these redirects.</summary>
    [Parameter]
    public SockmapRedirectMode[] Mode { get; set; } = Enum.GetValues<SockmapRedirectMode>();

    /// <summary>Only from these kinds of sockets.</summary>
    [Parameter]
    public RedirectSocketKind[] From { get; set; } = [.. RedirectTable.Kinds];

    /// <summary>Only to these kinds of sockets.</summary>
    [Parameter]
    public RedirectSocketKind[] To { get; set; } = [.. RedirectTable.Kinds];

    /// <summary>Emits each trial instead of one answer.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        bool isAsExpected = true;
        if (!TryRun(() => isAsExpected = Run(), _ => null))
        {
            return;
        }

        if (!Detailed)
        {
            WriteObject(isAsExpected);
        }
    }

    private bool Run()
    {
        bool isAsExpected = true;
        foreach (RedirectTrialResult result in RedirectTrial.RunAll(Mode, From, To, StopToken))
        {
            WriteVerbose($"{result.Mode} from {result.From} to {result.To}: {result.Outcome}. {result.Detail}");
            isAsExpected &= result.Works is null || result.Works == result.IsExpected;
            if (Detailed)
            {
                WriteObject(result);
            }
        }

        return isAsExpected;
    }
}
