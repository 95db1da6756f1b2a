using System.Management.Automation;
using Sockmap.Bpf.Inspection;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfPin: what is pinned, on every bpffs.</summary>
[Cmdlet(VerbsCommon.Get, "BpfPin", DefaultParameterSetName = PathSet)]
[OutputType(typeof(PinRecord))]
public sealed class GetBpfPinCommand : BpfCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private TextFilter? _names;
    private TextFilter? _types;

    /// <summary>Pins, with wildcards; a folder means all below it. Every pin where none is given.</summary>
    [Parameter(Position = 0, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BpfPinCompleter))]
    public string[]? Path { get; set; }

    /// <summary>Pins, each character as it stands.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPinCompleter))]
    public string[]? LiteralPath { get; set; }

    /// <summary>Only pins of objects with these names; wildcards.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Only pins of these kinds of objects.</summary>
    [Parameter]
    [ValidateSet(nameof(ObjectKind.Program), nameof(ObjectKind.Map), nameof(ObjectKind.Link))]
    public ObjectKind[]? Kind { get; set; }

    /// <summary>Only pins of programs, maps or links of these types; wildcards.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Type { get; set; }

    /// <summary>Only pins of objects with these ids.</summary>
    [Parameter]
    public uint[]? Id { get; set; }

    private TextFilter? Names => _names ??= TextFilter.Of(Name);

    private TextFilter? Types => _types ??= TextFilter.Of(Type, ignoreCase: true);

    /// <inheritdoc />
    protected override void EndProcessing() => WriteMissing(Names, name => $"There is no pin of an object with the name '{name}' among those that were asked for");

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        if (LiteralPath is not null)
        {
            Array.ForEach(LiteralPath, WriteOne);
        }
        else if (Path is null)
        {
            WriteAll(Inventory.Pins(), IsWanted);
        }
        else
        {
            Array.ForEach(Path, WriteLike);
        }
    }

    private void WriteLike(string path)
    {
        string full = ResolveFile(path);
        bool isPattern = WildcardPattern.ContainsWildcardCharacters(path);
        if (!isPattern && !Directory.Exists(full))
        {
            WriteOne(path);
            return;
        }

        WildcardPattern pattern = new(isPattern ? full : WildcardPattern.Escape(full.TrimEnd('/')) + "/*", WildcardOptions.CultureInvariant);
        WriteAll(Inventory.Pins(), pin => pattern.IsMatch(pin.Path) && IsWanted(pin));
    }

    private void WriteOne(string path) => Try(
        () =>
        {
            PinRecord pin = Inventory.Pin(ResolveFile(path));
            if (IsWanted(pin))
            {
                WriteObject(pin);
            }
        },
        path);

    private bool IsWanted(PinRecord pin) =>
        Names?.IsMatch(pin.Name) != false
        && (Kind is null || Kind.Contains(pin.Kind))
        && (Id is null || Id.Contains(pin.Id))
        && Types?.IsMatch(pin.Type) != false;
}
