using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Programs;
using SockmapPS.Completion;

namespace SockmapPS.Commands.Bpf;

/// <summary>Remove-BpfAttachment: detaches programs, however they were attached.</summary>
[Cmdlet(VerbsCommon.Remove, "BpfAttachment", DefaultParameterSetName = InputSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveBpfAttachmentCommand : BpfAttachingCommand
{
    private const string InputSet = "InputObject";
    private const string LinkSet = "LinkId";
    private const string IdSet = "ProgramId";
    private const string PathSet = "ProgramPath";

    /// <summary>What Get-BpfAttachment, Add-BpfAttachment or Get-BpfLink emitted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputSet, ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    /// <summary>Ids of links.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LinkSet)]
    [ArgumentCompleter(typeof(LinkIdCompleter))]
    public uint[] LinkId { get; set; } = [];

    /// <summary>The program's id.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(ProgramIdCompleter))]
    public uint ProgramId { get; set; }

    /// <summary>The program's pin.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public string ProgramPath { get; set; } = "";

    /// <summary>The folder of a cgroup.</summary>
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string? Cgroup { get; set; }

    /// <summary>A sockmap or sockhash: its id, its pin, or what Get-BpfMap or Import-BpfObject emits.</summary>
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public object? Map { get; set; }

    /// <summary>The file of a network namespace; of that which the interface is in, with -Interface.</summary>
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetworkNamespaceCompleter))]
    public string? NetworkNamespace { get; set; }

    /// <summary>The name or index of a network interface.</summary>
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? Interface { get; set; }

    /// <summary>Where at the target.</summary>
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public BpfAttachType? AttachType { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case InputSet:
                Try(() => Detach(InputObject is PSObject wrapped ? wrapped.BaseObject : InputObject), InputObject);
                break;
            case LinkSet:
                foreach (uint id in LinkId)
                {
                    Try(() => DetachLink(id), id);
                }

                break;
            default:
                Try(DetachProgram, ParameterSetName == IdSet ? ProgramId : ProgramPath);
                break;
        }
    }

    private void Detach(object? input)
    {
        switch (input)
        {
            case AttachmentRecord { Effective: false, LinkId: { } link }:
                DetachLink(link);
                break;
            case AttachmentRecord attachment:
                Detacher.ThrowIfInherited(attachment);
                if (ShouldProcess(string.Create(CultureInfo.InvariantCulture, $"program {attachment.ProgId} '{attachment.ProgName}' from '{attachment.Target}'"), "Detach"))
                {
                    Detacher.Detach(attachment, WriteVerbose);
                }

                break;
            case LinkRecord link:
                DetachLink(link.Id);
                break;
            default:
                throw new ArgumentException($"'{input}' is no attachment: pipe what Get-BpfAttachment or Get-BpfLink emits, or name one with -LinkId or -ProgramId.", nameof(input));
        }
    }

    private void DetachLink(uint id)
    {
        if (ShouldProcess(string.Create(CultureInfo.InvariantCulture, $"link {id}"), "Detach, and remove its pins"))
        {
            Detacher.DetachLink(id, WriteVerbose);
        }
    }

    private void DetachProgram()
    {
        using BpfProgram program = OpenProgram(ParameterSetName == IdSet ? ProgramId : null, ProgramPath);
        using AttachPoint point = OpenPoint(Cgroup, Map, NetworkNamespace, Interface, tracepoint: null);
        ProgramInfo info = program.GetInfo();
        BpfAttachType attachType = Detacher.FindAttachType(info, point, AttachType);
        if (ShouldProcess(string.Create(CultureInfo.InvariantCulture, $"program {info.Id} '{info.Name}' from {point} as {attachType}"), "Detach"))
        {
            Detacher.DetachProgram(info.Id, point, attachType, WriteVerbose);
        }
    }
}
