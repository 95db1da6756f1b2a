using System.Management.Automation;
using Sockmap.Bpf.Pinning;
using SockmapPS.Completion;

namespace SockmapPS.Commands.Bpf;

/// <summary>Remove-BpfPin: removes pins, and folders of pins.</summary>
[Cmdlet(VerbsCommon.Remove, "BpfPin", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveBpfPinCommand : BpfAttachingCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private bool _isWritten;
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Pins and folders, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Pins and folders, each character as it stands.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BpfPathCompleter))]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Removes folders with all in them.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Does not ask before a folder goes.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc />
    protected override void BeginProcessing() => _isWritten = MyInvocation.BoundParameters.ContainsKey(nameof(Path));

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        // The path of an object in the pipeline is one pin's, whatever its characters are.
        IEnumerable<string> paths = ParameterSetName == LiteralPathSet ? LiteralPath.Select(ResolveFile)
            : _isWritten ? Path.SelectMany(Expand)
            : Path.Select(ResolveFile);
        foreach (string path in paths)
        {
            Try(() => Remove(path), path);
        }
    }

    private void Remove(string path)
    {
        bool isFolder = Directory.Exists(path) && new FileInfo(path).LinkTarget is null;
        if (!ShouldProcess(path, isFolder && Recurse ? "Remove folder with every pin in it" : isFolder ? "Remove folder" : "Remove pin"))
        {
            return;
        }

        BpfPin.ThrowIfNotOnBpfFileSystem(path);
        if (isFolder && Recurse && !Force
            && Directory.EnumerateFileSystemEntries(path).Any()
            && !ShouldContinue($"'{path}' has pins in it. What nothing else keeps goes with them, and its programs are detached. Remove it?", "Remove a folder of pins", ref _yesToAll, ref _noToAll))
        {
            return;
        }

        BpfPin.Remove(path, Recurse);
        WriteVerbose($"Removed '{path}'.");
    }

    /// <summary>
    /// What a path with wildcards means. Not by the provider, which reads a backslash in a name as a separator.
    /// </summary>
    private IEnumerable<string> Expand(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [ResolveFile(path)];
        }

        IEnumerable<string> found = ["/"];
        foreach (string part in ResolveFile(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!WildcardPattern.ContainsWildcardCharacters(part))
            {
                found = found.Select(folder => System.IO.Path.Combine(folder, part));
                continue;
            }

            WildcardPattern pattern = new(part, WildcardOptions.CultureInvariant);
            found = found.Where(Directory.Exists).SelectMany(folder => Directory.GetFileSystemEntries(folder).Where(entry => pattern.IsMatch(System.IO.Path.GetFileName(entry))));
        }

        // All are found before the first is removed.
        return [.. found.Where(static entry => File.Exists(entry) || Directory.Exists(entry)).Order(StringComparer.Ordinal)];
    }
}
