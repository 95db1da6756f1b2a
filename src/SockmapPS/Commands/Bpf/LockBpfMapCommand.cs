using System.Management.Automation;

namespace SockmapPS.Commands.Bpf;

/// <summary>Lock-BpfMap: takes from user space the right to write into a map, for good.</summary>
[Cmdlet(VerbsCommon.Lock, "BpfMap", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class LockBpfMapCommand : BpfMapCommand
{
    private protected override void Work(OpenedMap map)
    {
        if (map.Map.GetInfo().Frozen)
        {
            WriteVerbose($"{map} was frozen already.");
        }
        else if (ShouldProcess(map.ToString(), "Freeze for good"))
        {
            map.Map.Freeze();
        }
    }
}
