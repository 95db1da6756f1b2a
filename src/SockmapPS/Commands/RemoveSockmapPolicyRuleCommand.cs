using System.Management.Automation;
using Sockmap.Policies;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Remove-SockmapPolicyRule: takes rules out of a policy; what one pipeline names of a policy goes in one step.</summary>
[Cmdlet(VerbsCommon.Remove, "SockmapPolicyRule", SupportsShouldProcess = true)]
public sealed class RemoveSockmapPolicyRuleCommand : PolicyCommand
{
    private readonly Dictionary<(string Policy, string? BpfFileSystem), HashSet<uint>> _ids = [];

    /// <summary>The policy.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PolicyNameCompleter))]
    public string Policy { get; set; } = PolicySettings.DefaultName;

    /// <summary>Ids of the rules.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public uint[] Id { get; set; } = [];

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        foreach (uint id in Id)
        {
            if (!ShouldProcess($"policy '{Policy}'", $"Remove rule {id}"))
            {
                continue;
            }

            if (!_ids.TryGetValue((Policy, BpfFileSystem), out HashSet<uint>? ids))
            {
                _ids[(Policy, BpfFileSystem)] = ids = [];
            }

            ids.Add(id);
        }
    }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        foreach (((string policy, string? bpfFileSystem), HashSet<uint> ids) in _ids)
        {
            PolicyManager manager = new(OptionsFor(bpfFileSystem));
            TryRun(() => manager.RemoveRules(policy, ids, StopToken), _ => policy);
        }
    }
}
