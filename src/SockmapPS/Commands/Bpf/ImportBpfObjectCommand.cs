using System.Collections;
using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using SockmapPS.Errors;
using SockmapPS.Output;

namespace SockmapPS.Commands.Bpf;

/// <summary>Import-BpfObject: loads the programs and maps of an object file and pins them.</summary>
[Cmdlet(VerbsData.Import, "BpfObject", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(ImportedBpfObject))]
public sealed class ImportBpfObjectCommand : BpfCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string MapKind = "Map";

    /// <summary>Object files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>Object files, word for word.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>Folder on a bpffs in which the programs are pinned under their names.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? PinPath { get; set; }

    /// <summary>The name of the program's pin, where one program is loaded.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PinName { get; set; }

    /// <summary>Folder on a bpffs in which the maps are pinned under their names.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PinMaps { get; set; }

    /// <summary>Names of the programs to load; all where none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Program { get; set; }

    /// <summary>The type of the programs, in place of what their sections say.</summary>
    [Parameter]
    public BpfProgramType? Type { get; set; }

    /// <summary>What the programs expect to be attached to, in place of what their sections say.</summary>
    [Parameter]
    public BpfAttachType? ExpectedAttachType { get; set; }

    /// <summary>Maps that are there, by the name of the map in the object that each replaces.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? MapReplacement { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        foreach (string file in Files())
        {
            StopToken.ThrowIfCancellationRequested();
            Import(file);
        }
    }

    private IEnumerable<string> Files()
    {
        foreach (string path in Path ?? LiteralPath ?? [])
        {
            if (Path is null || !WildcardPattern.ContainsWildcardCharacters(path))
            {
                yield return ResolveFile(path);
                continue;
            }

            foreach (string file in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _))
            {
                yield return file;
            }
        }
    }

    private void Import(string file)
    {
        // The host may throw from a verbose line; what is done in the kernel is whole before it is told.
        List<string> steps = [];
        List<ImportedBpfObject> imported = [];
        List<string> warnings = [];
        ErrorRecord? failure = null;
        Dictionary<string, BpfMap> replacements = new(StringComparer.Ordinal);
        try
        {
            ObjectSpec spec = ObjectSpec.ReadFile(file);
            if (Choose(spec, file) is not { } programs || !TryOpenReplacements(spec, file, replacements)
                || !ShouldProcess($"{(programs.Length == 1 ? "program" : "programs")} {string.Join(", ", programs)} of '{file}'", PinName is null ? $"Load, and pin in '{PinPath}'" : $"Load, and pin as '{PinName}' in '{PinPath}'"))
            {
                return;
            }

            using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions
            {
                Programs = programs,
                MapReplacements = replacements,
                MapPinDirectory = PinMaps is null ? null : ResolveFolder(PinMaps),
                Log = steps.Add,
            });
            loaded.Pin(ResolveFolder(PinPath!), PinMaps is null ? null : ResolveFolder(PinMaps), PinNames(programs));
            imported.AddRange(loaded.Programs.Select(p => Describe(p.Key, p.Value, loaded, file)));
            imported.AddRange(loaded.Maps.Select(m => Describe(m.Key, m.Value, loaded, spec, file)));
            warnings.AddRange(imported.Where(i => i is { Kind: MapKind, Path: null, Existed: false }).Where(i => spec.Maps[i.Name].Type == BpfMapType.ProgArray)
                .Select(i => $"Map '{i.Name}' of '{file}' is not pinned: the kernel empties a program array when nobody holds it open. Pin it with -PinMaps."));
        }
        catch (Exception exception) when (ImportErrorRecord.IsExpected(exception))
        {
            failure = ImportErrorRecord.Create(exception, file);
            steps.AddRange(ImportErrorRecord.VerifierLogOf(exception) is { } log ? [$"The verifier's whole log:\n{log}"] : []);
        }
        finally
        {
            foreach (BpfMap map in replacements.Values)
            {
                map.Dispose();
            }
        }

        steps.ForEach(WriteVerbose);
        warnings.ForEach(WriteWarning);
        imported.ForEach(WriteObject);
        if (failure is not null)
        {
            WriteError(failure);
        }
    }

    /// <summary>The names of the programs to load, retyped where that is asked for; null where a name is not there or does not do for all of them, which is written as an error.</summary>
    private string[]? Choose(ObjectSpec spec, string file)
    {
        HashSet<string> chosen = new(StringComparer.Ordinal);
        foreach (string pattern in Program ?? [])
        {
            WildcardPattern matcher = new(pattern, WildcardOptions.CultureInvariant);
            string[] found = [.. spec.Programs.Keys.Where(matcher.IsMatch)];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(pattern))
            {
                WriteError(ImportErrorRecord.Create(
                    new ItemNotFoundException($"'{file}' has no program '{pattern}'; it has {Names(spec.Programs.Keys)}."), ImportError.ProgramNotFound, pattern));
                return null;
            }

            chosen.UnionWith(found);
        }

        string[] names = Program is null ? [.. spec.Programs.Values.Where(p => p.LoadByDefault).Select(p => p.Name)] : [.. chosen];
        if (names.Length == 0)
        {
            WriteError(ImportErrorRecord.Create(
                new ItemNotFoundException($"There is nothing to load of '{file}'; its programs: {Names(spec.Programs.Keys)}."), ImportError.ProgramNotFound, file));
            return null;
        }

        if (PinName is not null && names.Length > 1)
        {
            WriteError(ImportErrorRecord.Create(
                new PSInvalidOperationException($"-PinName '{PinName}' is for one program, and {names.Length} of '{file}' were chosen: {Names(names)}. Choose one of them with -Program, or leave -PinName out."),
                ImportError.AmbiguousPinName,
                PinName));
            return null;
        }

        foreach (ProgramSpec program in names.Select(n => spec.Programs[n]))
        {
            if (Type is not null || ExpectedAttachType is not null)
            {
                program.Retype(Type ?? program.Type, ExpectedAttachType);
            }
        }

        return names;
    }

    private Dictionary<string, string>? PinNames(string[] programs) =>
        PinName is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [programs[0]] = PinName };

    private bool TryOpenReplacements(ObjectSpec spec, string file, Dictionary<string, BpfMap> replacements)
    {
        foreach (DictionaryEntry entry in MapReplacement ?? [])
        {
            string name = entry.Key.ToString()!;
            if (!spec.Maps.ContainsKey(name))
            {
                WriteError(ImportErrorRecord.Create(
                    new ItemNotFoundException($"'{file}' has no map '{name}' to replace; it has {Names(spec.Maps.Keys)}."), ImportError.MapNotFound, name));
                return false;
            }

            try
            {
                replacements.Add(name, Open(name, entry.Value));
            }
            catch (ArgumentException exception)
            {
                WriteError(ImportErrorRecord.Create(exception, ImportError.InvalidReplacement, entry.Value));
                return false;
            }
            catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
            {
                WriteError(ImportErrorRecord.Create(exception, ImportError.ReplacementNotFound, entry.Value));
                return false;
            }
        }

        return true;
    }

    /// <summary>A map by its pin, by its id, or by an object that has the one or the other.</summary>
    private BpfMap Open(string name, object? value)
    {
        PSObject? given = value is null ? null : PSObject.AsPSObject(value);
        object? plain = given?.BaseObject is PSCustomObject ? given : given?.BaseObject;
        if (plain is string path)
        {
            return BpfMap.OpenPinned(ResolveFolder(path));
        }

        if (plain is not null && LanguagePrimitives.TryConvertTo(plain, out uint id) && plain is IConvertible)
        {
            return BpfMap.OpenById(id);
        }

        if (given?.Properties["Path"]?.Value is string pin)
        {
            return BpfMap.OpenPinned(pin);
        }

        return given?.Properties["Id"]?.Value is { } property && LanguagePrimitives.TryConvertTo(property, out uint propertyId)
            ? BpfMap.OpenById(propertyId)
            : throw new ArgumentException($"The replacement of map '{name}' is neither the path of a pin nor an id nor a map: {value ?? "null"}.", nameof(value));
    }

    private static string Names(IEnumerable<string> names)
    {
        string all = string.Join(", ", names);
        return all.Length == 0 ? "none" : all;
    }

    private static ImportedBpfObject Describe(string name, BpfProgram program, BpfObject loaded, string file)
    {
        ProgramInfo info = program.GetInfo();
        return new ImportedBpfObject
        {
            Kind = "Program",
            Id = info.Id,
            Name = name,
            Type = info.Type.ToString(),
            Path = loaded.ProgramPins.GetValueOrDefault(name),
            Existed = false,
            Source = file,
        };
    }

    private ImportedBpfObject Describe(string name, BpfMap map, BpfObject loaded, ObjectSpec spec, string file) => new()
    {
        Kind = MapKind,
        Id = map.GetInfo().Id,
        Name = name,
        Type = spec.Maps[name].Type.ToString(),
        Path = loaded.MapPins.GetValueOrDefault(name) ?? (MapReplacement?[name] is string path ? ResolveFolder(path) : null),
        Existed = loaded.ExistingMaps.Contains(name),
        Source = file,
    };
}
