using System.Management.Automation;
using Sockmap.Support;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Test-SockmapSupport: whether a bypass can be installed here, found out by trying.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SockmapSupport")]
[OutputType(typeof(bool), typeof(SupportCheck))]
public sealed class TestSockmapSupportCommand : SockmapCommand
{
    /// <summary>Folder of the cgroup to try; the root of the cgroup v2 mount where none is given.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string? Cgroup { get; set; }

    /// <summary>Emits each check instead of one answer.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        string? cgroup = Cgroup is null ? null : ResolveFolder(Cgroup);
        bool isSupported = true;
        bool ended = TryRun(
            () =>
            {
                foreach (SupportCheck check in SupportProbe.Run(cgroup, StopToken))
                {
                    if (Detailed)
                    {
                        WriteObject(check);
                        continue;
                    }

                    WriteVerbose($"{check.Name} ({check.Need}): {check.State}. {check.Detail} {check.Remedy}".TrimEnd());
                    isSupported &= check.Need != SupportNeed.Required || check.State == SupportState.Supported;
                }
            },
            _ => Cgroup);
        if (ended && !Detailed)
        {
            WriteObject(isSupported);
        }
    }
}
