using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Proof;
using Sockmap.Workers;
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
            ProofResult result = manager.Prove(name, new ProofOptions { Worker = FindHost(), Timeout = Timeout }, StopToken);
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

    /// <summary>
    /// This PowerShell once more, with a command that ends it at once where .NET's startup hooks are turned off. A program
    /// that hosts PowerShell may do anything when it is started, so that it is not taken; nor need there be a dotnet.
    /// </summary>
    private DotnetWorkerHost FindHost()
    {
        string home = (string)SessionState.PSVariable.GetValue("PSHOME");
        string own = Path.Combine(home, "pwsh");
        string[] ending = ["-NoProfile", "-NonInteractive", "-Command", "exit 1"];

        // As a tool of the .NET SDK it is a library that dotnet runs.
        return File.Exists(own) || !File.Exists(own + ".dll") ? new DotnetWorkerHost(own, ending) : new DotnetWorkerHost("dotnet", [own + ".dll", .. ending]);
    }
}
