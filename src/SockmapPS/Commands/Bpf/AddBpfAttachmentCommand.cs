using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Attaching.Hooks;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>Add-BpfAttachment: attaches a program to a cgroup, sockmap, network namespace, interface, function, tracepoint, event, Netfilter, or to what it names by itself.</summary>
[Cmdlet(VerbsCommon.Add, "BpfAttachment", DefaultParameterSetName = InputSet, SupportsShouldProcess = true)]
[OutputType(typeof(AttachmentRecord))]
public sealed class AddBpfAttachmentCommand : BpfHookCommand
{
    private const string StructOpsSet = "StructOps";

    /// <summary>A program: what Get-BpfProgram or Import-BpfObject emitted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputSet, ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    /// <summary>The program's id.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IdSet)]
    [Alias("Id", "ProgId")]
    [ArgumentCompleter(typeof(ProgramIdCompleter))]
    public uint ProgramId { get; set; }

    /// <summary>The program's pin.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public string ProgramPath { get; set; } = "";

    /// <summary>The folder of a cgroup.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string? Cgroup { get; set; }

    /// <summary>A struct_ops map: its id, its pin, or what Get-BpfMap or Import-BpfObject emits.</summary>
    [Parameter(Mandatory = true, ParameterSetName = StructOpsSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public object? StructOps { get; set; }

    /// <summary>A sockmap or sockhash: its id, its pin, or what Get-BpfMap or Import-BpfObject emits.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public object? Map { get; set; }

    /// <summary>The file of a network namespace; of that which the interface is in, with -Interface.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetworkNamespaceCompleter))]
    public string? NetworkNamespace { get; set; }

    /// <summary>The name or index of a network interface.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? Interface { get; set; }

    /// <summary>Where at the target.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public BpfAttachType? AttachType { get; set; }

    /// <summary>Where to pin the link.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public string? PinPath { get; set; }

    /// <summary>Attaches without a link.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter NoLink { get; set; }

    /// <summary>How it shares a cgroup.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public CgroupAttachFlag? Flag { get; set; }

    /// <summary>How XDP runs.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    public XdpMode XdpMode { get; set; }

    /// <summary>Puts the program in the place of the one that is there.</summary>
    [Parameter]
    public SwitchParameter Replace { get; set; }

    /// <summary>The program that must be there now.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ArgumentCompleter(typeof(ProgramIdCompleter))]
    public uint? ReplaceProgramId { get; set; }

    /// <summary>Emits the attachment.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        if (ParameterSetName == StructOpsSet)
        {
            Try(() => AttachMap(StructOps!), StructOps);
        }
        else
        {
            Try(Attach, ParameterSetName switch
            {
                InputSet => InputObject,
                IdSet => ProgramId,
                _ => ProgramPath,
            });
        }
    }

    /// <summary>A map that is attached itself: operations of the kernel.</summary>
    private void AttachMap(object map)
    {
        using AttachPoint point = OpenPoint(cgroup: null, map, networkNamespace: null, networkInterface: null, tracepoint: null);
        StructOpsAttacher.Check(point);
        if (PinPath is null)
        {
            throw new ArgumentException("A link lives only while it is pinned or held by a process: give a path to pin it at.", nameof(map));
        }

        string path = ResolveFile(PinPath);
        if (!ShouldProcess(point.ToString(), Replace ? "Attach in the place of what is attached" : "Attach"))
        {
            return;
        }

        if (!Replace)
        {
            BpfPin.PreparePath(path);
        }

        Emit(StructOpsAttacher.Attach(point, path, Replace, WriteVerbose), path);
    }

    private void Emit(AttachmentRecord attachment, string? pinPath)
    {
        if (PassThru)
        {
            // Nobody holds the link but this pin: removing it detaches the program.
            PSObject emitted = PSObject.AsPSObject(attachment);
            emitted.Properties.Add(new PSNoteProperty(nameof(PinPath), attachment.LinkId is null ? null : pinPath));
            WriteObject(emitted);
        }
    }

    private AttachPoint OpenPoint(BpfProgramType type)
    {
        // A namespace may be named beside an interface, and beside Netfilter.
        AttachHook? hook = ReadHook(nameof(Cgroup), nameof(Map), nameof(Interface));
        if (Tracepoint is not null && type == BpfProgramType.Tracepoint)
        {
            hook = TracepointHook.Parse(Tracepoint);
        }

        return hook is null
            ? OpenPoint(Cgroup, Map, NetworkNamespace, Interface, Tracepoint)
            : AttachPoint.OfHook(hook, NetworkNamespace is null ? null : ResolveFile(NetworkNamespace));
    }

    private void Attach()
    {
        using BpfProgram program = OpenProgram(
            ParameterSetName switch
            {
                InputSet => ProgramArgument.IdOf(InputObject),
                IdSet => ProgramId,
                _ => null,
            },
            ProgramPath);
        ProgramInfo info = program.GetInfo();
        using AttachPoint point = OpenPoint(info.Type);
        bool replace = Replace || ReplaceProgramId is not null;
        AttachRequest request = new()
        {
            Program = program,
            Point = point,
            AttachType = AttachType,
            PinPath = PinPath is null ? null : ResolveFile(PinPath),
            WithoutLink = NoLink,
            Flags = Flag is { } flag ? (ProgramAttachFlags)flag : null,
            Replace = replace,
            ReplaceProgramId = ReplaceProgramId,
            XdpMode = XdpMode,
            Log = WriteVerbose,
        };
        Attacher.Check(request);
        string what = string.Create(CultureInfo.InvariantCulture, $"program {info.Id} '{info.Name}' to {point}");
        if (!ShouldProcess(what, replace ? "Attach in the place of what is attached" : "Attach"))
        {
            return;
        }

        if (request.PinPath is { } path && !replace)
        {
            BpfPin.PreparePath(path);
        }

        AttachmentRecord attachment = Attacher.Attach(request);
        if (attachment.LinkId is null && !NoLink)
        {
            WriteWarning($"This kernel has no links to such a target: attached {what} without one. Nothing is pinned at '{request.PinPath}'; it stays until it is detached.");
        }

        Emit(attachment, request.PinPath);
    }
}
