using System.Numerics;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>The maps and programs of an object file, in the kernel.</summary>
/// <remarks>Closing it closes its descriptors; what is pinned, linked or attached stays.</remarks>
public sealed class BpfObject : IDisposable
{
    private const uint MappableFlag = 1 << 10;

    private readonly ObjectSpec _spec;
    private readonly BpfObjectOptions _options;
    private readonly Dictionary<string, BpfMap> _maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BpfProgram> _programs = new(StringComparer.Ordinal);
    private readonly List<BpfMap> _ownMaps = [];
    private readonly List<SafeHandle> _leases = [];
    private BtfObject? _btf;
    private BtfCapabilities _capabilities = BtfCapabilities.All;
    private BpfException? _btfRefusal;

    private BpfObject(ObjectSpec spec, BpfObjectOptions options)
    {
        _spec = spec;
        _options = options;
    }

    /// <summary>The maps, by name in the object; replaced ones among them.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps => _maps;

    /// <summary>The programs that were loaded, by name in the object.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs => _programs;

    /// <summary>Creates an object's maps, fills in its global data, and loads its programs.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="options">What to load of it; null for all.</param>
    /// <exception cref="ArgumentException">A program or map that the options name is not in the object, or a replacement does not fit.</exception>
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

        _btf?.Dispose();
    }

    private void Load()
    {
        ProgramSpec[] programs = ChoosePrograms(_options);
        LoadBtf();
        CreateMaps(_options);
        BtfSpec? kernel = NeedsKernelBtf(programs) ? _options.KernelBtf ?? ReadKernelBtf() : null;
        Lazy<IReadOnlyDictionary<string, ulong>> symbols = new(() =>
            KernelSymbols.Find(_spec.Contents.Externs.Values.Where(e => e.IsTypeless).Select(e => e.Name)));
        ProgramLinker linker = new(_spec, new LinkTarget
        {
            MapDescriptor = Lease,
            KernelBtf = kernel,
            KernelSymbol = name => symbols.Value.TryGetValue(name, out ulong address) ? address : null,
        });
        foreach (ProgramSpec program in programs)
        {
            _programs.Add(program.Name, LoadProgram(program, linker.Link(program.Name), kernel));
        }
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

    private bool NeedsKernelBtf(ProgramSpec[] programs) =>
        programs.Any(p => p.NeedsAttachTypeId)
        || _spec.Contents.Externs.Count > 0
        || _spec.Contents.Code.Values.Any(c => c.CoreRelocations.Count > 0);

    private static BtfSpec? ReadKernelBtf() => File.Exists(BtfSpec.KernelPath) ? BtfSpec.LoadKernel() : null;

    private void LoadBtf()
    {
        if (_spec.Btf is null)
        {
            return;
        }

        try
        {
            _btf = BtfObject.Load(_spec.EncodeBtf(_capabilities).Span);
            return;
        }
        catch (BpfException refusal)
        {
            _btfRefusal = refusal;
        }

        _capabilities = BtfCapabilityProbe.Run();
        if (_capabilities == BtfCapabilities.All)
        {
            // Each part is taken, so that the fault is in this object's BTF: nothing simpler would help.
            return;
        }

        try
        {
            _btf = BtfObject.Load(_spec.EncodeBtf(_capabilities).Span);
            _btfRefusal = null;
        }
        catch (BpfException refusal)
        {
            _btfRefusal = refusal;
        }
    }

    private void CreateMaps(BpfObjectOptions options)
    {
        if (options.MapReplacements?.Keys.FirstOrDefault(name => !_spec.Maps.ContainsKey(name)) is { } unknown)
        {
            throw new ArgumentException($"The BPF object '{_spec.Name}' has no map '{unknown}' to replace; it has {string.Join(", ", _spec.Maps.Keys)}.", nameof(options));
        }

        foreach (MapSpec spec in _spec.Maps.Values)
        {
            if (options.MapReplacements?.TryGetValue(spec.Name, out BpfMap? replacement) == true)
            {
                CheckReplacement(spec, replacement);
                _maps.Add(spec.Name, replacement);
                continue;
            }

            BpfMap map = CreateMap(spec);
            _ownMaps.Add(map);
            _maps.Add(spec.Name, map);
            if (spec.InitialContents is { } contents)
            {
                map.Update(new byte[spec.KeySize], contents);
            }

            if (spec.Frozen)
            {
                map.Freeze();
            }
        }
    }

    private static void CheckReplacement(MapSpec spec, BpfMap map)
    {
        List<string> differences = [];
        if (map.Type != spec.Type)
        {
            differences.Add($"its type is {map.Type}, not {spec.Type}");
        }

        if (map.KeySize != spec.KeySize)
        {
            differences.Add($"its keys have {map.KeySize} bytes, not {spec.KeySize}");
        }

        if (map.ValueSize != spec.ValueSize)
        {
            differences.Add($"its values have {map.ValueSize} bytes, not {spec.ValueSize}");
        }

        if (differences.Count > 0)
        {
            throw new ArgumentException($"The map given for '{spec.Name}' does not fit: {string.Join(", ", differences)}.", nameof(map));
        }
    }

    private BpfMap CreateMap(MapSpec spec)
    {
        bool isStorage = spec.Type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage;
        if (isStorage && _btf is null && _btfRefusal is not null)
        {
            throw _btfRefusal;
        }

        bool isSectionTyped = spec.DataSection is not null;
        bool withTypes = _btf is not null && (spec.KeyTypeId | spec.ValueTypeId) != 0 && (!isSectionTyped || _capabilities.DataSections);
        try
        {
            return BpfMap.Create(Request(spec, withTypes, spec.Flags));
        }
        catch (BpfException first) when (first.Errno is Errno.EINVAL or Errno.ENOTSUPP && !isStorage)
        {
            // Types of a value only describe it, and mapping it into memory (5.5) only speeds it up: older kernels do without.
            bool isMappable = isSectionTyped && (spec.Flags & MappableFlag) != 0;
            try
            {
                if (withTypes)
                {
                    return BpfMap.Create(Request(spec, false, spec.Flags));
                }
            }
            catch (BpfException) when (isMappable)
            {
                // The last try follows.
            }
            catch (BpfException)
            {
                throw first;
            }

            if (!isMappable)
            {
                throw;
            }

            return BpfMap.Create(Request(spec, false, spec.Flags & ~MappableFlag));
        }
    }

    private MapCreateRequest Request(MapSpec spec, bool withTypes, uint flags) => new()
    {
        Name = spec.Name,
        Type = spec.Type,
        KeySize = checked((int)spec.KeySize),
        ValueSize = checked((int)spec.ValueSize),
        MaxEntries = MaxEntries(spec),
        Flags = flags,
        NumaNode = spec.NumaNode,
        MapExtra = spec.Extra,
        Btf = withTypes ? _btf : null,
        KeyTypeId = withTypes ? spec.KeyTypeId : 0,
        ValueTypeId = withTypes ? spec.ValueTypeId : 0,
    };

    // A file cannot know the machine's number of CPUs, nor its page size.
    private static uint MaxEntries(MapSpec spec) => spec.Type switch
    {
        BpfMapType.PerfEventArray when spec.MaxEntries == 0 => (uint)PossibleCpus.Count(),
        BpfMapType.RingBuf or BpfMapType.UserRingBuf => Math.Max((uint)Environment.SystemPageSize, BitOperations.RoundUpToPowerOf2(spec.MaxEntries)),
        _ => spec.MaxEntries,
    };

    /// <summary>Lends a map's descriptor to a linked program until loading is over.</summary>
    private int Lease(string mapName)
    {
        SafeHandle handle = _maps[mapName].Handle;
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

    private BpfProgram LoadProgram(ProgramSpec spec, LinkedProgram linked, BtfSpec? kernel)
    {
        if (spec.Type == BpfProgramType.Unspec)
        {
            throw new BpfFormatException(_spec.Contents.Source, $"the section '{spec.SectionName}' of program '{spec.Name}' tells no known program type; set ProgramSpec.Type, or name the section as libbpf does");
        }

        bool withInfo = _btf is not null && _capabilities.Functions;
        ProgramLoadRequest request = new()
        {
            Name = spec.Name,
            Type = spec.Type,
            ExpectedAttachType = spec.ExpectedAttachType ?? default,
            Instructions = linked.Instructions,
            License = _spec.License,
            Flags = spec.Flags,
            Btf = _btf,
            FunctionInfo = withInfo ? linked.FunctionInfo : default,
            FunctionInfoRecordSize = withInfo ? linked.FunctionInfoRecordSize : 0,
            LineInfo = withInfo ? linked.LineInfo : default,
            LineInfoRecordSize = withInfo ? linked.LineInfoRecordSize : 0,
            AttachBtfId = spec.NeedsAttachTypeId ? FindAttachType(spec, kernel) : 0,
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

    private static bool RunsIntoPoison(string log) =>
        log.Contains($"#{CorePatcher.PoisonHelper}", StringComparison.Ordinal)
        || log.Contains($"#{ProgramLinker.MissingFunctionHelper}", StringComparison.Ordinal);

    private static uint FindAttachType(ProgramSpec spec, BtfSpec? kernel)
    {
        if (string.IsNullOrEmpty(spec.AttachTarget))
        {
            throw new BpfRelocationException(spec.Name, "attach target", $"its section '{spec.SectionName}' names nothing to attach to; name it in the section, or set ProgramSpec.AttachTarget");
        }

        (string name, BtfKind kind) = (spec.Type, spec.ExpectedAttachType) switch
        {
            (BpfProgramType.Ext, _) => throw new BpfRelocationException(spec.Name, spec.AttachTarget, "replacing a function of another program (freplace) is not supported"),
            (_, BpfAttachType.TraceIter) => ("bpf_iter_" + spec.AttachTarget, BtfKind.Function),
            (_, BpfAttachType.TraceRawTp) => ("btf_trace_" + spec.AttachTarget, BtfKind.Typedef),
            (BpfProgramType.Lsm, _) => ("bpf_lsm_" + spec.AttachTarget, BtfKind.Function),
            _ => (spec.AttachTarget, BtfKind.Function),
        };
        if (kernel is null)
        {
            throw new BpfRelocationException(spec.Name, name, $"its target '{spec.AttachTarget}' is found by the kernel's BTF, which this kernel does not show ({BtfSpec.KernelPath}, CONFIG_DEBUG_INFO_BTF)");
        }

        return kernel.TryFind(name, kind, out BtfType type)
            ? type.Id
            : throw new BpfRelocationException(spec.Name, name, $"its target '{spec.AttachTarget}' does not exist in this kernel (no {BtfType.KindWord(kind)} '{name}' in its BTF)");
    }
}
