using System.Buffers.Binary;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;
using Sockmap.Bpf.Instructions;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>Makes of one program of an object the stream of instructions that the kernel takes.</summary>
/// <remarks>
/// The functions that it calls are put behind it, and all that the compiler left open is filled in: calls, maps,
/// kernel functions and variables, and what CO-RE asks of the kernel's types. Other programs of the object do not matter.
/// </remarks>
public sealed class ProgramLinker
{
    private const uint RelocationLoad64 = 1;
    private const uint RelocationCall = 10;

    // The kernel's own limit for privileged programs (BPF_COMPLEXITY_LIMIT_INSNS).
    private const int MaxInstructions = 1_000_000;

    // As libbpf's, so that tools that know its logs know ours.
    internal const int MissingFunctionHelper = 2002000000;

    private readonly ObjectSpec _spec;
    private readonly LinkTarget _target;
    private readonly CoreResolver? _core;
    private readonly CoreBudget? _budget;
    private readonly Dictionary<string, VariableSpec[]> _variables;

    /// <summary>Makes a linker, whose answers from the kernel's types serve all programs of the object.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="target">What its programs are linked to.</param>
    public ProgramLinker(ObjectSpec spec, LinkTarget target)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(target);
        _spec = spec;
        _target = target;
        _variables = spec.Contents.DataMaps.Values.ToDictionary(m => m.Name, _ => Array.Empty<VariableSpec>(), StringComparer.Ordinal);
        foreach (IGrouping<string, VariableSpec> group in spec.Variables.GroupBy(v => v.MapName, StringComparer.Ordinal))
        {
            _variables[group.Key] = [.. group.OrderBy(v => v.Offset)];
        }

        if (spec.Contents.RawBtf is { } local)
        {
            _core = new CoreResolver(local, target.KernelBtf, target.Modules);
            _budget = new CoreBudget(local.Name);
        }
    }

    /// <summary>Links a program.</summary>
    /// <param name="programName">Its name in <see cref="ObjectSpec.Programs"/>.</param>
    /// <exception cref="ArgumentException">The object has no such program.</exception>
    /// <exception cref="BpfFormatException">The object is damaged, or holds something that is not supported.</exception>
    /// <exception cref="BpfRelocationException">The kernel lacks something that the program cannot do without.</exception>
    public LinkedProgram Link(string programName)
    {
        ArgumentNullException.ThrowIfNull(programName);
        if (!_spec.Programs.TryGetValue(programName, out ProgramSpec? program))
        {
            throw new ArgumentException($"The BPF object '{_spec.Name}' has no program '{programName}'; it has {string.Join(", ", _spec.Programs.Keys)}.", nameof(programName));
        }

        Run run = new(this, program);
        return run.Link();
    }

    /// <summary>The variable of a data map that a byte belongs to.</summary>
    private VariableSpec? VariableAt(string map, int offset)
    {
        VariableSpec[] variables = _variables[map];
        int low = 0;
        int high = variables.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = variables[middle].Offset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && offset < variables[low - 1].Offset + variables[low - 1].Size ? variables[low - 1] : null;
    }

    /// <summary>One program on its way.</summary>
    private sealed class Run(ProgramLinker linker, ProgramSpec program)
    {
        private readonly ObjectContents _contents = linker._spec.Contents;
        private readonly List<(FunctionSpec Function, int Base)> _placed = [];
        private readonly Dictionary<FunctionSpec, int> _bases = [];
        private readonly List<BpfInstruction> _code = [];
        private readonly List<(int At, FunctionSpec Function)> _references = [];
        private readonly List<BtfObject> _modules = [];
        private readonly SortedSet<string> _missingFunctions = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _missingFields = new(StringComparer.Ordinal);

        public LinkedProgram Link()
        {
            Place(program.Function);

            // Placing a function may add those that it calls.
            for (int i = 0; i < _placed.Count; i++)
            {
                Relocate(_placed[i].Function, _placed[i].Base);
            }

            Span<BpfInstruction> code = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_code);
            foreach ((int at, FunctionSpec function) in _references)
            {
                code[at] = code[at] with { Immediate = _bases[function] - at - 1 };
            }

            (byte[] functionInfo, int functionSize) = CollectFunctions();
            (byte[] lineInfo, int lineSize) = CollectLines();
            return new LinkedProgram
            {
                Instructions = BpfInstruction.WriteAll(code),
                FunctionInfo = functionInfo,
                FunctionInfoRecordSize = functionSize,
                LineInfo = lineInfo,
                LineInfoRecordSize = lineSize,
                KernelFunctionModules = [.. _modules],
                MissingKernelFunctions = [.. _missingFunctions],
                MissingFields = [.. _missingFields],
            };
        }

        private void Place(FunctionSpec function)
        {
            if (!_bases.TryAdd(function, _code.Count))
            {
                return;
            }

            if (_code.Count + function.Count > MaxInstructions)
            {
                throw Fault($"it has more than {MaxInstructions} instructions with all that it calls, the kernel's limit");
            }

            _placed.Add((function, _code.Count));
            ReadOnlySpan<byte> bytes = function.Code.Section.Data.Span.Slice(function.Start * BpfInstruction.Size, function.Count * BpfInstruction.Size);
            for (int i = 0; i < function.Count; i++)
            {
                _code.Add(BpfInstruction.Read(bytes[(i * BpfInstruction.Size)..]));
            }
        }

        private void Relocate(FunctionSpec function, int start)
        {
            ApplyCore(function, start);
            for (int i = 0; i < function.Count; i++)
            {
                int at = start + i;
                BpfInstruction instruction = _code[at];
                bool isRelocated = function.Code.Relocations.TryGetValue(function.Start + i, out ElfRelocation relocation);
                if (instruction.IsLoadImmediate64)
                {
                    if (++i == function.Count)
                    {
                        throw Fault($"function '{function.Name}' ends in the middle of a 64-bit load");
                    }

                    if (isRelocated)
                    {
                        RelocateLoad(at, relocation);
                    }
                }
                else if (instruction.IsCall && isRelocated && relocation.Symbol.IsExtern)
                {
                    RelocateKernelCall(at, relocation.Symbol);
                }
                else if (instruction.IsFunctionCall)
                {
                    Refer(at, CalledFunction(function, function.Start + i, instruction, isRelocated ? relocation : null));
                }
                else if (isRelocated && !(instruction.IsHelperCall && instruction.Immediate == CorePatcher.PoisonHelper))
                {
                    throw Fault($"instruction {at} with opcode 0x{instruction.Opcode:x2} is to be relocated to '{relocation.Symbol.Name}', but is neither a call nor a 64-bit load");
                }
            }
        }

        private void ApplyCore(FunctionSpec function, int start)
        {
            Span<BpfInstruction> code = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_code).Slice(start, function.Count);
            foreach (CoreRelocation relocation in function.Code.CoreRelocations)
            {
                int index = (int)(relocation.InstructionOffset / BpfInstruction.Size) - function.Start;
                if (index < 0 || index >= function.Count)
                {
                    continue;
                }

                CoreFix fix = linker._core!.Resolve(relocation, program.Name);
                if (CorePatcher.Patch(code, index, fix, _contents.Source, program.Name))
                {
                    _missingFields.Add(fix.Description);
                }
            }
        }

        private FunctionSpec CalledFunction(FunctionSpec caller, int index, BpfInstruction call, ElfRelocation? relocation)
        {
            // Static functions of the same section are called without relocation, relative to the call's own place.
            if (relocation is not { } known)
            {
                return FunctionAt(caller.Code, (long)index + call.Immediate + 1);
            }

            if (known.Type != RelocationCall)
            {
                throw Fault($"a call has a relocation of type {known.Type}, expected {RelocationCall} (R_BPF_64_32)");
            }

            return FunctionAt(CodeOf(known.Symbol), (long)(known.Symbol.Value / BpfInstruction.Size) + call.Immediate + 1);
        }

        private CodeSection CodeOf(ElfSymbol symbol) => _contents.Code.TryGetValue(symbol.SectionIndex, out CodeSection? code)
            ? code
            : throw Fault($"it calls '{symbol.Name}', which is in no section of code");

        private FunctionSpec FunctionAt(CodeSection code, long index) =>
            index is >= 0 and <= int.MaxValue && code.Functions.TryGetValue((int)index, out FunctionSpec? function)
                ? function
                : throw Fault($"it calls instruction {index} of section '{code.Section.Name}', where no function starts");

        private void Refer(int at, FunctionSpec function)
        {
            Place(function);
            _references.Add((at, function));
        }

        private void RelocateLoad(int at, ElfRelocation relocation)
        {
            ElfSymbol symbol = relocation.Symbol;
            BpfInstruction load = _code[at];
            if (relocation.Type != RelocationLoad64)
            {
                throw Fault($"a 64-bit load has a relocation of type {relocation.Type}, expected {RelocationLoad64} (R_BPF_64_64)");
            }

            if (symbol.IsExtern)
            {
                LoadExtern(at, symbol);
                return;
            }

            long offset = (long)Math.Min(symbol.Value, int.MaxValue) + load.Immediate;
            if (_contents.DefinedMaps.TryGetValue(symbol.SectionIndex, out IReadOnlyDictionary<ulong, MapSpec>? maps))
            {
                MapSpec map = offset >= 0 && maps.TryGetValue((ulong)offset, out MapSpec? found)
                    ? found
                    : throw Fault($"it refers to byte {offset} of the section of '{symbol.Name}', where no map starts");
                SetLoad(at, BpfPseudo.MapDescriptor, linker._target.MapDescriptor(map.Name), 0);
            }
            else if (_contents.DataMaps.TryGetValue(symbol.SectionIndex, out MapSpec? data))
            {
                if (offset < 0 || offset > data.ValueSize)
                {
                    throw Fault($"it refers to byte {offset} of section '{data.DataSection}', which has {data.ValueSize}");
                }

                RefusePointers(data, (int)offset, _contents.Pointers[symbol.SectionIndex]);
                SetLoad(at, BpfPseudo.MapValue, linker._target.MapDescriptor(data.Name), (int)offset);
            }
            else if (_contents.Code.TryGetValue(symbol.SectionIndex, out CodeSection? code))
            {
                if (offset % BpfInstruction.Size != 0)
                {
                    throw Fault($"it takes the address of byte {offset} of section '{code.Section.Name}', where no function starts");
                }

                SetLoad(at, BpfPseudo.Function, 0, 0);
                Refer(at, FunctionAt(code, offset / BpfInstruction.Size));
            }
            else
            {
                throw Fault($"it refers to '{symbol.Name}' in section number {symbol.SectionIndex}, which is neither data nor code nor maps");
            }
        }

        /// <summary>Pointers in data would have to be filled in with addresses that are known in the kernel only.</summary>
        private void RefusePointers(MapSpec data, int offset, ulong[] pointers)
        {
            if (pointers.Length == 0)
            {
                return;
            }

            VariableSpec? variable = linker.VariableAt(data.Name, offset);
            ulong start = (ulong)(variable?.Offset ?? 0);
            ulong end = variable is null ? ulong.MaxValue : start + (ulong)variable.Size;
            int first = Array.BinarySearch(pointers, start);
            first = first < 0 ? ~first : first;
            if (first < pointers.Length && pointers[first] < end)
            {
                throw Fault($"it uses '{variable?.Name ?? data.DataSection}', in which pointers are stored; these cannot be filled in, store numbers or arrays of characters instead");
            }
        }

        private void SetLoad(int at, byte source, int immediate, int second)
        {
            _code[at] = _code[at] with { Source = source, Immediate = immediate };
            _code[at + 1] = _code[at + 1] with { Immediate = second };
        }

        private ExternSpec FindExtern(ElfSymbol symbol)
        {
            if (!_contents.Externs.TryGetValue(symbol.Name, out ExternSpec? known))
            {
                throw Fault($"it uses '{symbol.Name}', which the object does not define; a function or variable of the kernel is declared with __ksym");
            }

            return known;
        }

        private void LoadExtern(int at, ElfSymbol symbol)
        {
            ExternSpec wanted = FindExtern(symbol);
            if (_contents.Settings.TryGetValue(wanted.Name, out SettingSpec? setting) && wanted.IsSetting)
            {
                LoadSetting(at, setting);
                return;
            }

            if (wanted.IsTypeless)
            {
                ulong? address = linker._target.KernelSymbol?.Invoke(wanted.Name);
                if (address is null && !wanted.IsWeak)
                {
                    throw Missing(wanted.Name, $"it needs the address of the kernel symbol '{wanted.Name}', which /proc/kallsyms does not show, or shows more than once (see kernel.kptr_restrict)");
                }

                SetLoad(at, 0, unchecked((int)(address ?? 0)), unchecked((int)((address ?? 0) >> 32)));
                return;
            }

            KernelType? found = wanted.IsFunction ? FindKernelFunction(wanted) : FindKernelVariable(wanted);
            SetLoad(at, found is null ? (byte)0 : BpfPseudo.BtfId, (int)(found?.Id ?? 0), (int?)found?.Module?.Handle.DangerousGetHandle() ?? 0);
        }

        private void LoadSetting(int at, SettingSpec setting)
        {
            if (linker._target.SettingProblem?.Invoke(setting.Name) is { } problem)
            {
                throw Missing(setting.Name, problem);
            }

            int within = _code[at].Immediate;
            if (within < 0 || within > setting.Size)
            {
                throw Fault($"it refers to byte {within} of '{setting.Name}', which has {setting.Size}");
            }

            SetLoad(at, BpfPseudo.MapValue, linker._target.MapDescriptor(_contents.SettingsMap!.Name), setting.Offset + within);
        }

        private void RelocateKernelCall(int at, ElfSymbol symbol)
        {
            ExternSpec wanted = FindExtern(symbol);
            if (!wanted.IsFunction)
            {
                throw Fault($"it calls '{wanted.Name}', which is declared as a variable");
            }

            _code[at] = FindKernelFunction(wanted) is { } found
                ? _code[at] with { Source = BpfPseudo.KernelFunctionCall, Offset = PlaceOf(found.Module), Immediate = (int)found.Id }
                : new BpfInstruction(BpfInstruction.CallOpcode, 0, BpfPseudo.HelperCall, 0, MissingFunctionHelper);
        }

        /// <summary>The number by which calls name a module; 0 is the kernel itself.</summary>
        private short PlaceOf(BtfObject? module)
        {
            if (module is null)
            {
                return 0;
            }

            int place = _modules.IndexOf(module);
            if (place < 0)
            {
                place = _modules.Count;
                _modules.Add(module);
            }

            return (short)(place + 1);
        }

        /// <summary>All kernel types of a kind and name: the kernel's own, or else its modules'.</summary>
        private IEnumerable<KernelType> FindInKernel(string name, BtfKind kind)
        {
            if (linker._target.KernelBtf is not { } kernel)
            {
                return [];
            }

            return kernel.TryFind(name, kind, out BtfType own)
                ? [new KernelType(own, kernel, null)]
                : linker._target.Modules?.Find(name, kind).Select(m => new KernelType(m.Type, m.Types, m.Module)) ?? [];
        }

        private bool IsCompatible(ExternSpec wanted, KernelType found, uint typeId)
        {
            linker._budget!.Restart();
            return new CoreTypeRules(_contents.RawBtf!, found.Types, linker._budget).AreTypesCompatible(wanted.TypeId, typeId);
        }

        /// <summary>A kfunc; null where the kernel may lack it and does.</summary>
        private KernelType? FindKernelFunction(ExternSpec wanted)
        {
            string name = System.Text.Encoding.UTF8.GetString(BtfSpec.EssentialName(System.Text.Encoding.UTF8.GetBytes(wanted.Name)));
            KernelType? found = FindInKernel(name, BtfKind.Function).FirstOrDefault();
            if (found is not null && IsCompatible(wanted, found, found.Type.TypeId))
            {
                return found;
            }

            if (!wanted.IsWeak)
            {
                throw Missing(wanted.Name, found is null
                    ? $"it calls the kernel function '{name}', which this kernel does not have{KernelModules.Reservation(linker._target.Modules)}"
                    : $"it calls the kernel function '{name}' with other parameters than {found.Owner} has");
            }

            _missingFunctions.Add(wanted.Name);
            return null;
        }

        /// <summary>A kernel variable; null where the kernel may lack it and does.</summary>
        private KernelType? FindKernelVariable(ExternSpec wanted)
        {
            if (FindInKernel(wanted.Name, BtfKind.Variable).FirstOrDefault() is not { } found)
            {
                return wanted.IsWeak ? null : throw Missing(wanted.Name, $"it uses the kernel variable '{wanted.Name}', which this kernel's BTF does not have{KernelModules.Reservation(linker._target.Modules)}");
            }

            BtfType type = found.Types.Resolve(found.Type.TypeId);
            return IsCompatible(wanted, found, type.Id)
                ? found
                : throw Missing(wanted.Name, $"it uses the kernel variable '{wanted.Name}' as {_contents.RawBtf!.TypeById(wanted.TypeId)}, but it is {type} in {found.Owner}");
        }

        private (byte[] Data, int RecordSize) CollectFunctions()
        {
            if (program.Function.Code.FunctionRecords is not { } main)
            {
                return ([], 0);
            }

            byte[] data = new byte[_placed.Count * main.RecordSize];
            for (int i = 0; i < _placed.Count; i++)
            {
                (FunctionSpec function, int start) = _placed[i];
                BtfExtRecords? records = function.Code.FunctionRecords;
                int index = records is null ? -1 : IndexOf(records, function);
                if (index < 0)
                {
                    throw Fault($"its .BTF.ext section does not describe function '{function.Name}'");
                }

                Span<byte> record = data.AsSpan(i * main.RecordSize, main.RecordSize);
                records![index].CopyTo(record);
                BinaryPrimitives.WriteInt32LittleEndian(record, start);
            }

            return (data, main.RecordSize);
        }

        private static int IndexOf(BtfExtRecords records, FunctionSpec function)
        {
            for (int i = 0; i < records.Count; i++)
            {
                if (records.InstructionOffset(i) == (uint)(function.Start * BpfInstruction.Size))
                {
                    return i;
                }
            }

            return -1;
        }

        private (byte[] Data, int RecordSize) CollectLines()
        {
            if (program.Function.Code.LineRecords is not { } main)
            {
                return ([], 0);
            }

            List<byte> data = [];
            foreach ((FunctionSpec function, int start) in _placed)
            {
                int last = -1;
                BtfExtRecords? records = function.Code.LineRecords;
                for (int i = 0; i < (records?.Count ?? 0); i++)
                {
                    long index = (records!.InstructionOffset(i) / BpfInstruction.Size) - function.Start;
                    if (index <= last || index >= function.Count)
                    {
                        continue;
                    }

                    // The kernel refuses lines of a function whose first instruction has none.
                    if (last < 0 && index != 0)
                    {
                        return ([], 0);
                    }

                    last = (int)index;
                    byte[] record = records[i].ToArray();
                    BinaryPrimitives.WriteInt32LittleEndian(record, start + last);
                    data.AddRange(record);
                }

                if (last < 0)
                {
                    return ([], 0);
                }
            }

            return ([.. data], main.RecordSize);
        }

        private BpfFormatException Fault(string fault) => new(_contents.Source, $"program '{program.Name}': {fault}");

        private BpfRelocationException Missing(string missing, string reason) => new(program.Name, missing, reason);
    }

    /// <summary>A type of the kernel, or of a module of it.</summary>
    private sealed record KernelType(BtfType Type, BtfSpec Types, BtfObject? Module)
    {
        public uint Id => Type.Id;

        public string Owner => Module is null ? "this kernel" : $"the module {Types.Name}";
    }
}
