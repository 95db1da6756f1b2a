using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Pinning;
using SockmapPS.Completion;

namespace SockmapPS.Commands.Bpf;

/// <summary>Add-BpfPin: keeps a program, map or link by a file on a bpffs.</summary>
[Cmdlet(VerbsCommon.Add, "BpfPin", DefaultParameterSetName = InputSet, SupportsShouldProcess = true)]
[OutputType(typeof(PinRecord))]
public sealed class AddBpfPinCommand : BpfAttachingCommand
{
    private const string InputSet = "InputObject";
    private const string IdSet = "Id";

    /// <summary>The file to make.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>What Get-BpfProgram, Get-BpfMap, Get-BpfLink or Get-BpfPin emitted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputSet, ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    /// <summary>What the id is of.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ValidateSet(nameof(ObjectKind.Program), nameof(ObjectKind.Map), nameof(ObjectKind.Link))]
    public ObjectKind Type { get; set; }

    /// <summary>The id.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    public uint Id { get; set; }

    /// <summary>Makes missing folders.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the pin.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord() => Try(Pin, Path);

    private void Pin()
    {
        (ObjectKind kind, uint id) = ParameterSetName == IdSet ? (Type, Id) : Identify(InputObject is PSObject wrapped ? wrapped.BaseObject : InputObject);
        string path = ResolveFile(Path);
        if (!ShouldProcess(string.Create(CultureInfo.InvariantCulture, $"{kind.ToString().ToLowerInvariant()} {id} at '{path}'"), "Pin"))
        {
            return;
        }

        BpfPin.PreparePath(path, createFolders: Force);
        BpfPin.Create(kind, id, path);
        WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"Pinned {kind} {id} at '{path}'."));
        if (PassThru)
        {
            WriteObject(new BpfInventory(new() { FindHolders = false, FindPins = false }).Pin(path));
        }
    }

    private static (ObjectKind Kind, uint Id) Identify(object? input) => input switch
    {
        ProgramRecord program => (ObjectKind.Program, program.Id),
        MapRecord map => (ObjectKind.Map, map.Id),
        LinkRecord link => (ObjectKind.Link, link.Id),
        PinRecord pin => (pin.Kind, pin.Id),
        AttachmentRecord { LinkId: { } link } => (ObjectKind.Link, link),
        _ => throw new ArgumentException(
            $"'{input}' cannot be pinned: pipe what Get-BpfProgram, Get-BpfMap or Get-BpfLink emits, or name it with -Type and -Id.",
            nameof(input)),
    };
}
