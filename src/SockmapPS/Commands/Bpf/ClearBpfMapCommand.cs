using System.Globalization;
using System.Management.Automation;

namespace SockmapPS.Commands.Bpf;

/// <summary>Clear-BpfMap: deletes every entry of a map; sets those of an array to zero.</summary>
[Cmdlet(VerbsCommon.Clear, "BpfMap", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ClearBpfMapCommand : BpfMapCommand
{
    private protected override void Work(OpenedMap map)
    {
        if (ShouldProcess(map.ToString(), "Clear"))
        {
            long count = map.Map.Clear(StopToken);
            WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"{map} was emptied; entries deleted or set to zero: {count}."));
        }
    }
}
