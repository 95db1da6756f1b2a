using System.Management.Automation;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfBtf: the BTF objects in the kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfBtf", DefaultParameterSetName = QuerySet)]
[OutputType(typeof(BtfRecord))]
public sealed class GetBpfBtfCommand : BpfQueryCommand<BtfRecord>
{
    /// <summary>The BTF objects of programs and maps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public uint[]? BtfId { get; set; }

    private protected override string Word => "BTF object";

    private protected override uint[]? ReferredIds => BtfId;

    private protected override IEnumerable<BtfRecord> All() => Inventory.BtfObjects();

    private protected override BtfRecord ById(uint id) => Inventory.BtfObject(id);

    private protected override string NameOf(BtfRecord item) => item.Name;

    private protected override bool IsWanted(BtfRecord item) => true;
}
