using System.Management.Automation;
using Sockmap.Bpf.Inspection;
using SockmapPS.Completion;

namespace SockmapPS.Commands.Bpf;

/// <summary>A cmdlet that lists objects which can be pinned.</summary>
/// <typeparam name="T">What it emits.</typeparam>
public abstract class BpfPinnableCommand<T> : BpfQueryCommand<T>
    where T : class
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>Pins, with wildcards.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
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

    /// <summary>The kind of object, as pins tell it.</summary>
    private protected abstract ObjectKind Kind { get; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case PathSet:
                Array.ForEach(Path!, WritePins);
                break;
            case LiteralPathSet:
                Array.ForEach(LiteralPath!, WritePin);
                break;
            default:
                base.ProcessRecord();
                break;
        }
    }

    private protected abstract T ByPin(string path);

    private void WritePins(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            WritePin(path);
            return;
        }

        WildcardPattern pattern = new(ResolveFile(path), WildcardOptions.CultureInvariant);
        foreach (PinRecord pin in Inventory.Pins().Where(pin => pin.Kind == Kind && pattern.IsMatch(pin.Path)))
        {
            WritePin(pin.Path);
        }
    }

    private void WritePin(string path) => Try(() => WriteObject(ByPin(ResolveFile(path))), path);
}
