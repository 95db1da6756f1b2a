using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfProgram: the programs in the kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfProgram", DefaultParameterSetName = QuerySet)]
[OutputType(typeof(ProgramRecord))]
public sealed class GetBpfProgramCommand : BpfPinnableCommand<ProgramRecord>
{
    private TextFilter? _tags;

    /// <summary>Only programs of these types.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public BpfProgramType[]? Type { get; set; }

    /// <summary>Only programs with these tags; wildcards.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Tag { get; set; }

    /// <summary>The programs of links, attachments and BTF objects.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet, ValueFromPipelineByPropertyName = true)]
    [Alias("ProgIds")]
    [AllowNull]
    [AllowEmptyCollection]
    public uint[]? ProgId { get; set; }

    private TextFilter? Tags => _tags ??= TextFilter.Of(Tag, ignoreCase: true);

    private protected override string Word => "program";

    private protected override ObjectKind Kind => ObjectKind.Program;

    private protected override uint[]? ReferredIds => ProgId;

    /// <inheritdoc />
    protected override void EndProcessing() => WriteMissing(_tags, tag => $"There is no program with the tag '{tag}'{(Name is null ? "" : " among those with the names that were given")}");

    private protected override IEnumerable<ProgramRecord> All() => Inventory.Programs();

    private protected override ProgramRecord ById(uint id) => Inventory.Program(id);

    private protected override ProgramRecord ByPin(string path) => Inventory.PinnedProgram(path);

    private protected override string NameOf(ProgramRecord item) => item.Name;

    private protected override bool IsWanted(ProgramRecord item) =>
        (Tags?.IsMatch(item.Tag) != false) && (Type is null || Type.Contains(item.Type));
}
