using System.Runtime.InteropServices;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>The maps and programs of an object file, in the kernel.</summary>
/// <remarks>Closing it closes its descriptors; what is pinned, linked or attached stays.</remarks>
public sealed class BpfObject : IDisposable
{
    private readonly ObjectSpec _spec;
    private readonly BpfObjectOptions _options;
    private readonly Dictionary<string, BpfMap> _maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BpfProgram> _programs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _mapPins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _programPins = new(StringComparer.Ordinal);
    private readonly List<BpfMap> _ownMaps = [];
    private readonly List<SafeHandle> _leases = [];
    private readonly HashSet<string> _foundMaps = new(StringComparer.Ordinal);
    private readonly HashSet<string> _usedMaps = new(StringComparer.Ordinal);
    private readonly ObjectPins _pins;
    private readonly Dictionary<string, StructOpsBinding> _operations = new(StringComparer.Ordinal);
    private Dictionary<string, string> _settingProblems = [];
    private ObjectTypes? _types;

    private BpfObject(ObjectSpec spec, BpfObjectOptions options)
    {
        _spec = spec;
        _options = options;
        _pins = new ObjectPins(options.Log);
    }

    /// <summary>The maps, by name in the object; replaced ones among them.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps => _maps;

    /// <summary>The programs that were loaded, by name in the object.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs => _programs;

    /// <summary>Where maps are pinned, by name in the object: those pinned by name, found or made, and those of <see cref="Pin"/>.</summary>
    public IReadOnlyDictionary<string, string> MapPins => _mapPins;

    /// <summary>The names of the maps that were there before: replacements, and those found pinned under their names.</summary>
    public IReadOnlySet<string> ExistingMaps => _foundMaps;

    /// <summary>Where <see cref="Pin"/> pinned the programs, by name in the object.</summary>
    public IReadOnlyDictionary<string, string> ProgramPins => _programPins;

    /// <summary>Creates an object's maps, fills in its global data, and loads its programs.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="options">What to load of it; null for all.</param>
    /// <remarks>
    /// A map that asks to be pinned by name (<c>LIBBPF_PIN_BY_NAME</c>) is used as it is where one is pinned already; else
    /// it is made and pinned. When loading fails nothing that it pinned stays.
    /// </remarks>
    /// <exception cref="ArgumentException">A program or map that the options name is not in the object, or the directory for pins is none.</exception>
    /// <exception cref="MapMismatchException">A replacement, or a map that is pinned under the name, does not fit.</exception>
    /// <exception cref="BpfFormatException">The object is damaged, or holds something that is not supported.</exception>
    /// <exception cref="BpfRelocationException">The kernel lacks something that a program cannot do without.</exception>
    /// <exception cref="VerifierException">The kernel refused a program.</exception>
    /// <exception cref="BpfException">The kernel refused a map or something else.</exception>
    public static BpfObject Load(ObjectSpec spec, BpfObjectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        BpfObject loaded = new(spec, options ?? new BpfObjectOptions());
        try
        {
            loaded.Load();
            return loaded;
        }
        catch
        {
            loaded._pins.Undo();
            loaded.Dispose();
            throw;
        }
        finally
        {
            loaded.ReturnLeases();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BpfProgram program in _programs.Values)
        {
            program.Dispose();
        }

        foreach (BpfMap map in _ownMaps)
        {
            map.Dispose();
        }

        _types?.Dispose();
    }

    /// <summary>Pins programs and maps under their names, '.' in them replaced by '_'. Directories are made where they are missing.</summary>
    /// <param name="programDirectory">Where all loaded programs are pinned; null to pin none.</param>
    /// <param name="mapDirectory">Where the maps are pinned that this object made and that are not pinned yet; null to pin none.</param>
    /// <param name="programPinNames">Names for the pins of programs, by name in the object; the others are pinned under their own.</param>
    /// <exception cref="ArgumentException">
    /// A directory is not on a bpffs, a name cannot be that of a pin, or the program that it is for was not loaded. Then,
    /// as after any failure, nothing that this object pinned stays.
    /// </exception>
    /// <exception cref="BpfException">EEXIST: something is pinned there already; EPERM or EACCES.</exception>
    public void Pin(string? programDirectory, string? mapDirectory, IReadOnlyDictionary<string, string>? programPinNames = null)
    {
        try
        {
            if (programPinNames?.Keys.FirstOrDefault(name => !_programs.ContainsKey(name)) is { } unknown)
            {
                throw new ArgumentException($"The program '{unknown}' of the BPF object '{_spec.Name}' was not loaded, so that there is nothing to pin as '{programPinNames[unknown]}'.", nameof(programPinNames));
            }

            if (mapDirectory is not null)
            {
                _pins.EnsureDirectory(mapDirectory);
                foreach ((string name, BpfMap map) in _maps.Where(m => !_foundMaps.Contains(m.Key) && !_mapPins.ContainsKey(m.Key)))
                {
                    string path = ObjectPins.PathOf(mapDirectory, name);
                    _pins.Add(map, path);
                    _mapPins.Add(name, path);
                }
            }

            if (programDirectory is not null)
            {
                _pins.EnsureDirectory(programDirectory);
                foreach ((string name, BpfProgram program) in _programs)
                {
                    string path = programPinNames?.TryGetValue(name, out string? pinName) == true
                        ? ObjectPins.PathOfChosen(programDirectory, pinName)
                        : ObjectPins.PathOf(programDirectory, name);
                    _pins.Add(program, path);
                    _programPins.Add(name, path);
                }
            }
        }
        catch
        {
            _pins.Undo();
            _mapPins.Clear();
            _programPins.Clear();
            throw;
        }
    }

    private void Load()
    {
        ProgramSpec[] programs = ChoosePrograms(_options);
        _types = ObjectTypes.Load(_spec);
        if (_types.Refusal is { } refusal)
        {
            _options.Log?.Invoke($"The kernel refused the object's types, and they are left out where that is possible: {refusal.Message}");
        }

        BtfSpec? kernel = NeedsKernelBtf() ? _options.KernelBtf ?? ReadKernelBtf() : null;
        using KernelModules? modules = kernel is null ? null : new KernelModules(kernel);
        BindOperations(programs, kernel);
        CreateMaps(_options);
        Lazy<IReadOnlyDictionary<string, ulong>> symbols = new(() =>
            KernelSymbols.Find(_spec.Contents.Externs.Values.Where(e => e.IsTypeless).Select(e => e.Name)));
        ProgramLinker linker = new(_spec, new LinkTarget
        {
            MapDescriptor = Lease,
            KernelBtf = kernel,
            Modules = modules,
            KernelSymbol = name => symbols.Value.TryGetValue(name, out ulong address) ? address : null,
            SettingProblem = name => _settingProblems.GetValueOrDefault(name),
        });
        Queue<ProgramSpec> waiting = new(programs);
        foreach (string name in _operations.Values.SelectMany(static binding => binding.Members.Keys))
        {
            waiting.Enqueue(_spec.Programs[name]);
        }

        while (waiting.TryDequeue(out ProgramSpec? program))
        {
            if (!_programs.ContainsKey(program.Name))
            {
                _programs.Add(program.Name, LoadProgram(program, linker.Link(program.Name), kernel, modules));
                _options.Log?.Invoke($"Loaded {program.Type} program '{program.Name}'.");
            }

            if (waiting.Count == 0)
            {
                ProgramsInUsedArrays().ForEach(waiting.Enqueue);
            }
        }

        FillMaps();
    }

    private ProgramSpec[] ChoosePrograms(BpfObjectOptions options)
    {
        if (options.Programs is null)
        {
            return [.. _spec.Programs.Values.Where(p => p.LoadByDefault)];
        }

        return [.. options.Programs.Distinct(StringComparer.Ordinal).Select(name => _spec.Programs.TryGetValue(name, out ProgramSpec? program)
            ? program
            : throw new ArgumentException($"The BPF object '{_spec.Name}' has no program '{name}'; it has {string.Join(", ", _spec.Programs.Keys)}.", nameof(options)))];
    }

    /// <summary>Programs that are not loaded and that a loaded one may call by way of a program array.</summary>
    private List<ProgramSpec> ProgramsInUsedArrays() =>
    [
        .. _usedMaps.Select(name => _spec.Maps[name])
            .Where(m => m.Type == BpfMapType.ProgArray)
            .SelectMany(m => m.InitialValues.Values)
            .Distinct(StringComparer.Ordinal)
            .Where(name => !_programs.ContainsKey(name))
            .Select(name => _spec.Programs[name]),
    ];

    private bool NeedsKernelBtf() =>
        _spec.Programs.Values.Any(p => p.NeedsAttachTypeId)
        || _spec.Maps.Values.Any(m => m.StructOps is not null)
        || _spec.Contents.Externs.Values.Any(e => !e.IsSetting)
        || _spec.Contents.Code.Values.Any(c => c.CoreRelocations.Count > 0);

    private static BtfSpec? ReadKernelBtf() => File.Exists(BtfSpec.KernelPath) ? BtfSpec.LoadKernel() : null;

    /// <summary>Finds the places in the kernel of the operations that are to be loaded: those of which a program is.</summary>
    private void BindOperations(ProgramSpec[] programs, BtfSpec? kernel)
    {
        HashSet<string> chosen = new(programs.Select(static program => program.Name), StringComparer.Ordinal);
        foreach (MapSpec map in _spec.Maps.Values)
        {
            if (map.StructOps is { } operations && (operations.Programs.Count == 0 || operations.Programs.Values.Any(chosen.Contains)))
            {
                _operations.Add(map.Name, StructOpsBinding.Bind(map.Name, operations, _spec.Btf!, kernel, _spec.Contents.Source));
            }
        }
    }

    private void CreateMaps(BpfObjectOptions options)
    {
        if (options.MapReplacements?.Keys.FirstOrDefault(name => !_spec.Maps.ContainsKey(name)) is { } unknown)
        {
            throw new ArgumentException($"The BPF object '{_spec.Name}' has no map '{unknown}' to replace; it has {string.Join(", ", _spec.Maps.Keys)}.", nameof(options));
        }

        if (_spec.Contents.SettingsMap is { InitialContents: { } settings })
        {
            _settingProblems = KernelSettings.Fill([.. _spec.Contents.Settings.Values], settings);
        }

        MapFactory factory = new(_spec, _types!);
        foreach (MapSpec spec in _spec.Maps.Values)
        {
            if (options.MapReplacements?.TryGetValue(spec.Name, out BpfMap? replacement) == true)
            {
                RequireFit(spec, replacement, "given", exact: false);
                _maps.Add(spec.Name, replacement);
                _foundMaps.Add(spec.Name);
                continue;
            }

            if (spec.StructOps is not null && !_operations.ContainsKey(spec.Name))
            {
                continue;
            }

            BpfMap map = _operations.TryGetValue(spec.Name, out StructOpsBinding? binding) ? factory.CreateStructOps(spec, binding)
                : spec.PinByName ? FindOrPin(spec, factory)
                : factory.Create(spec);
            if (!_ownMaps.Contains(map))
            {
                _ownMaps.Add(map);
            }

            _maps.Add(spec.Name, map);
            options.Log?.Invoke($"{(_foundMaps.Contains(spec.Name) ? "Found" : "Created")} {spec.Type} map '{spec.Name}'.");
        }
    }

    private BpfMap FindOrPin(MapSpec spec, MapFactory factory)
    {
        string directory = _options.MapPinDirectory ?? BpfFileSystem.StandardMountPoint;
        _pins.EnsureDirectory(directory);
        string path = ObjectPins.PathOf(directory, spec.Name);
        _mapPins.Add(spec.Name, path);
        if (TryOpenPinned(spec, path) is { } present)
        {
            return present;
        }

        BpfMap created = factory.Create(spec);
        try
        {
            _pins.Add(created, path);
            return created;
        }
        catch (BpfException error) when (error.Errno == Errno.EEXIST)
        {
            created.Dispose();

            // Somebody else loads the same object, and theirs came first.
            if (TryOpenPinned(spec, path) is { } theirs)
            {
                return theirs;
            }

            throw;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    private BpfMap? TryOpenPinned(MapSpec spec, string path)
    {
        BpfMap map;
        try
        {
            map = BpfMap.OpenPinned(path);
        }
        catch (BpfException error) when (error.Errno == Errno.ENOENT)
        {
            return null;
        }

        try
        {
            RequireFit(spec, map, $"pinned at '{path}'", exact: true);
            _foundMaps.Add(spec.Name);
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    private static void RequireFit(MapSpec spec, BpfMap map, string which, bool exact)
    {
        List<string> differences = MapFactory.Differences(spec, map, exact);
        if (differences.Count > 0)
        {
            throw new MapMismatchException(spec.Name, which, differences);
        }
    }

    /// <summary>
    /// Puts maps into maps of maps, unless these were there before, and programs into program arrays, whoever made
    /// these: calls must lead to the programs of this object. libbpf does the same.
    /// </summary>
    private void FillMaps()
    {
        foreach ((string name, StructOpsBinding binding) in _operations)
        {
            BpfMap map = _maps[name];
            map.Update(new byte[map.KeySize], binding.Fill(program => Lend(_programs[program].Handle)));
            _options.Log?.Invoke((map.GetInfo().Flags & (uint)BpfMapFlags.Link) != 0
                ? $"Filled map '{name}': a link attaches it."
                : $"Filled map '{name}', and so attached it: this kernel has no links to such maps.");
        }

        foreach (MapSpec spec in _spec.Maps.Values.Where(static spec => spec.StructOps is null))
        {
            BpfMap map = _maps[spec.Name];
            if (spec.IsMapOfMaps && _foundMaps.Contains(spec.Name))
            {
                continue;
            }

            foreach ((uint index, string name) in spec.InitialValues)
            {
                SafeHandle? value = spec.IsMapOfMaps ? _maps[name].Handle : _programs.GetValueOrDefault(name)?.Handle;
                if (value is not null)
                {
                    map.UpdateDescriptor(BitConverter.GetBytes(index), value);
                }
            }
        }
    }

    /// <summary>Lends a map's descriptor to a linked program until loading is over.</summary>
    private int Lease(string mapName)
    {
        _usedMaps.Add(mapName);
        return Lend(_maps[mapName].Handle);
    }

    private int Lend(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _leases.Add(handle);
        return (int)handle.DangerousGetHandle();
    }

    private void ReturnLeases()
    {
        foreach (SafeHandle handle in _leases)
        {
            handle.DangerousRelease();
        }

        _leases.Clear();
    }

    private BpfProgram LoadProgram(ProgramSpec spec, LinkedProgram linked, BtfSpec? kernel, KernelModules? modules)
    {
        StructOpsBinding? operations = spec.Type == BpfProgramType.StructOps ? OperationsOf(spec) : null;

        if (spec.Type == BpfProgramType.Unspec)
        {
            throw new BpfFormatException(_spec.Contents.Source, $"the section '{spec.SectionName}' of program '{spec.Name}' tells no known program type; set ProgramSpec.Type, or name the section as libbpf does");
        }

        BtfObject? btf = _types!.Btf;
        (uint targetId, BtfObject? targetModule) = spec.NeedsAttachTypeId ? AttachTargets.Find(spec, kernel, modules) : default;
        bool withInfo = btf is not null && _types.Capabilities.Functions;
        ProgramLoadRequest request = new()
        {
            Name = spec.Name,
            Type = spec.Type,
            ExpectedAttachType = operations is null ? spec.ExpectedAttachType ?? default : (BpfAttachType)operations.Members[spec.Name],
            Instructions = linked.Instructions,
            License = _spec.License,
            Flags = spec.Flags,
            Btf = btf,
            FunctionInfo = withInfo ? linked.FunctionInfo : default,
            FunctionInfoRecordSize = withInfo ? linked.FunctionInfoRecordSize : 0,
            LineInfo = withInfo ? linked.LineInfo : default,
            LineInfoRecordSize = withInfo ? linked.LineInfoRecordSize : 0,
            AttachBtfId = operations?.TypeId ?? targetId,
            AttachBtfObject = targetModule,
            KernelFunctionModules = linked.KernelFunctionModules,
        };
        try
        {
            return BpfProgram.Load(request);
        }
        catch (VerifierException refusal) when (RunsIntoPoison(refusal.VerifierLog))
        {
            string missing = string.Join(", ", linked.MissingKernelFunctions.Concat(linked.MissingFields));
            throw new BpfRelocationException(spec.Name, missing, $"it cannot do without what this kernel lacks: {missing}", refusal);
        }
    }

    /// <summary>The operations that a program is one of; it is verified for one place in the kernel.</summary>
    private StructOpsBinding OperationsOf(ProgramSpec spec)
    {
        StructOpsBinding[] found = [.. _operations.Values.Where(binding => binding.Members.ContainsKey(spec.Name))];
        return found switch
        {
            [] => throw new BpfFormatException(_spec.Contents.Source, $"program '{spec.Name}' implements an operation of the kernel (struct_ops), but stands in no variable of SEC(\".struct_ops.link\")"),
            _ when found.All(binding => binding.TypeId == found[0].TypeId && binding.Members[spec.Name] == found[0].Members[spec.Name]) => found[0],
            _ => throw new BpfFormatException(_spec.Contents.Source, $"program '{spec.Name}' stands in several variables as different operations of the kernel"),
        };
    }

    private static bool RunsIntoPoison(string log) =>
        log.Contains($"#{CorePatcher.PoisonHelper}", StringComparison.Ordinal)
        || log.Contains($"#{ProgramLinker.MissingFunctionHelper}", StringComparison.Ordinal);
}
