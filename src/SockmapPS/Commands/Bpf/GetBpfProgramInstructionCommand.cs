using System.Management.Automation;
using Sockmap.Bpf.Instructions;
using Sockmap.Bpf.Programs;
using SockmapPS.Completion;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfProgramInstruction: the instructions of programs, or their machine code.</summary>
[Cmdlet(VerbsCommon.Get, "BpfProgramInstruction", DefaultParameterSetName = IdSet)]
[OutputType(typeof(InstructionRecord), typeof(JitedFunctionRecord))]
public sealed class GetBpfProgramInstructionCommand : BpfCommand
{
    private const string IdSet = "Id";
    private const string ReferenceSet = "Reference";
    private const string PathSet = "Path";

    private readonly ProgramListing _listing = new();

    /// <summary>Ids of programs.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(BpfObjectCompleter))]
    public uint[]? Id { get; set; }

    /// <summary>The programs themselves, and those of links, attachments and BTF objects.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet, ValueFromPipelineByPropertyName = true)]
    [Alias("ProgIds")]
    [AllowNull]
    [AllowEmptyCollection]
    public uint[]? ProgId { get; set; }

    /// <summary>Pinned programs.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "Path")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPinCompleter))]
    public string[]? LiteralPath { get; set; }

    /// <summary>The machine code, function by function.</summary>
    [Parameter]
    public SwitchParameter Jited { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        foreach (uint id in Id ?? ProgId?.Where(static id => id != 0) ?? [])
        {
            Write(() => BpfProgram.OpenById(id), id);
        }

        foreach (string path in LiteralPath ?? [])
        {
            Write(() => BpfProgram.OpenPinned(ResolveFile(path)), path);
        }
    }

    private void Write(Func<BpfProgram> open, object target) => Try(
        () =>
        {
            using BpfProgram program = open();
            if (Jited)
            {
                WriteObject(_listing.GetMachineCode(program), enumerateCollection: true);
            }
            else
            {
                WriteObject(_listing.Disassemble(program), enumerateCollection: true);
            }
        },
        target);
}
