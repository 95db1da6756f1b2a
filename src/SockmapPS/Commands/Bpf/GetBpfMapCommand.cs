using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfMap: the maps in the kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfMap", DefaultParameterSetName = QuerySet)]
[OutputType(typeof(MapRecord))]
public sealed class GetBpfMapCommand : BpfPinnableCommand<MapRecord>
{
    /// <summary>Only maps of these types.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public BpfMapType[]? Type { get; set; }

    /// <summary>The maps of programs, links, attachments and BTF objects.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet, ValueFromPipelineByPropertyName = true)]
    [Alias("MapIds")]
    [AllowNull]
    [AllowEmptyCollection]
    public uint[]? MapId { get; set; }

    private protected override string Word => "map";

    private protected override ObjectKind Kind => ObjectKind.Map;

    private protected override uint[]? ReferredIds => MapId;

    private protected override IEnumerable<MapRecord> All() => Inventory.Maps();

    private protected override MapRecord ById(uint id) => Inventory.Map(id);

    private protected override MapRecord ByPin(string path) => Inventory.PinnedMap(path);

    private protected override string NameOf(MapRecord item) => item.Name;

    private protected override bool IsWanted(MapRecord item) => Type is null || Type.Contains(item.Type);
}
