using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfLink: the links in the kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfLink", DefaultParameterSetName = QuerySet)]
[OutputType(typeof(LinkRecord))]
public sealed class GetBpfLinkCommand : BpfPinnableCommand<LinkRecord>
{
    /// <summary>Only links of these types.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public BpfLinkType[]? Type { get; set; }

    /// <summary>The links of attachments.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public uint[]? LinkId { get; set; }

    private protected override string Word => "link to a program";

    private protected override ObjectKind Kind => ObjectKind.Link;

    private protected override uint[]? ReferredIds => LinkId;

    private protected override IEnumerable<LinkRecord> All() => Inventory.Links();

    private protected override LinkRecord ById(uint id) => Inventory.Link(id);

    private protected override LinkRecord ByPin(string path) => Inventory.PinnedLink(path);

    private protected override string NameOf(LinkRecord item) => item.ProgName;

    private protected override bool IsWanted(LinkRecord item) => Type is null || Type.Contains(item.Type);
}
