using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Sockets;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapCandidate: established local connections that a bypass could take.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapCandidate")]
[OutputType(typeof(ConnectionCandidate))]
public sealed class GetSockmapCandidateCommand : ConnectionFilterCommand
{
    private EntryFilter _filter = new();

    /// <summary>The bypass; the default one where none is given, and none at all where that is not installed.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string? Bypass { get; set; }

    /// <summary>Those too that the bypass's own filters and cgroup keep out.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void BeginProcessing() => _filter = BuildFilter();

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        IReadOnlyList<ConnectionCandidate> found = [];
        if (!TryRun(() => found = Find(manager), _ => Bypass ?? BypassSettings.DefaultName))
        {
            return;
        }

        foreach (ConnectionCandidate candidate in found.Where(candidate => candidate.HasEnd(_filter)))
        {
            WriteObject(candidate);
        }
    }

    private IReadOnlyList<ConnectionCandidate> Find(BypassManager manager)
    {
        if (Bypass is null && !manager.ListNames().Contains(BypassSettings.DefaultName, StringComparer.Ordinal))
        {
            WriteVerbose($"Bypass '{BypassSettings.DefaultName}' is not installed: every local connection with no end in a sockmap is shown.");
            return manager.FindCandidates();
        }

        return manager.FindCandidates(Bypass ?? BypassSettings.DefaultName, matchingOnly: !All);
    }
}
