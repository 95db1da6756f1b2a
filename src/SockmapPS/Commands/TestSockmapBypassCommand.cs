using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Proof;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Test-SockmapBypass: whether bytes skip TCP inside a bypass, proven by the kernel's counters of a connection made for it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SockmapBypass")]
[OutputType(typeof(bool), typeof(ProofResult))]
public sealed class TestSockmapBypassCommand : SockmapCommand
{
    /// <summary>Names and wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Bypass")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string[] Name { get; set; } = [BypassSettings.DefaultName];

    /// <summary>Emits what was seen instead of one answer.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>How long the proof of one bypass may take.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

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
            ProofResult result = manager.Prove(name, new ProofOptions { Worker = FindWorkerHost(), Timeout = Timeout }, StopToken);
            if (Detailed)
            {
                WriteObject(result);
                return;
            }

            foreach (ProofFinding finding in result.Finding)
            {
                WriteVerbose(finding.ToString());
            }

            WriteVerbose(result.Summary);
            WriteObject(result.Passed);
        });
    }
}
