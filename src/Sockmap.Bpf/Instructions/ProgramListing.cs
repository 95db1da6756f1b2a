using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Instructions;

/// <summary>The instructions of programs in the kernel, with their source lines and names.</summary>
/// <remarks>Instructions are shown to CAP_BPF and CAP_PERFMON (bpf_prog_get_info_by_fd in kernel/bpf/syscall.c). Not for several threads at a time.</remarks>
public sealed unsafe class ProgramListing
{
    private const int FunctionInfoSize = 8;
    private const int LineInfoSize = 16;
    private const int ColumnBits = 10;
    private const int TailCall = 12;
    private const string CallBase = "__bpf_call_base";

    private readonly ProgramNames _names = new();
    private readonly Dictionary<uint, string?> _mapNames = [];
    private ulong? _callBase;

    /// <summary>The instructions of a program after the verifier rewrote it.</summary>
    /// <param name="program">The program.</param>
    /// <exception cref="BpfException">The kernel shows them to nobody (EPERM), or refused.</exception>
    public IReadOnlyList<InstructionRecord> Disassemble(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        Image image = ReadImage(program.Handle);
        BpfInstruction[] instructions = BpfInstruction.ReadAll(image.Xlated);
        BtfSpec? spec = image.BtfId == 0 ? null : _names.Spec(image.BtfId);
        Dictionary<ulong, string> symbols = FindSymbols(instructions, image);
        List<InstructionRecord> result = new(instructions.Length);
        int function = 0;
        int line = 0;
        for (int i = 0; i < instructions.Length; i++)
        {
            BpfInstruction instruction = instructions[i];
            bool wide = instruction.IsLoadImmediate64 && i + 1 < instructions.Length;
            string? callee = instruction.IsCall ? Callee(instruction, image, symbols) : null;
            uint? map = wide && instruction.Source is BpfPseudo.MapDescriptor or BpfPseudo.MapValue ? (uint)instruction.Immediate : null;
            InstructionRecord record = new()
            {
                ProgId = image.Id,
                Index = i,
                Code = image.Xlated[(i * BpfInstruction.Size)..((i + (wide ? 2 : 1)) * BpfInstruction.Size)],
                Text = Disassembler.Format(instruction, wide ? instructions[i + 1].Immediate : 0, CallText(instruction, image, callee)),
                Callee = callee,
                MapId = map,
                MapName = map is null ? null : MapName(map.Value),
            };
            if (spec is not null)
            {
                (record, function) = WithFunction(record, image, function, spec);
                (record, line) = WithLine(record, image, line, spec);
            }

            result.Add(record);
            i += wide ? 1 : 0;
        }

        return result;
    }

    /// <summary>The machine code of a program, function by function.</summary>
    /// <param name="program">The program.</param>
    /// <returns>Nothing when the program is interpreted.</returns>
    /// <exception cref="BpfException">The kernel shows it to nobody (EPERM), or refused.</exception>
    public IReadOnlyList<JitedFunctionRecord> GetMachineCode(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        Image image = ReadImage(program.Handle);
        BtfSpec? spec = image.BtfId == 0 ? null : _names.Spec(image.BtfId);
        List<JitedFunctionRecord> result = [];
        int offset = 0;
        for (int i = 0; i < image.FunctionLengths.Length && offset < image.Jited.Length; i++)
        {
            int length = (int)Math.Min(image.FunctionLengths[i], (uint)(image.Jited.Length - offset));
            result.Add(new JitedFunctionRecord
            {
                ProgId = image.Id,
                Index = i,
                Name = (spec is not null && i < image.Functions.Length ? ProgramNames.FunctionName(spec, image.Functions[i].TypeId) : null) ?? (i == 0 ? image.Name : ""),
                Address = i < image.Addresses.Length ? image.Addresses[i] : 0,
                Code = image.Jited[offset..(offset + length)],
            });
            offset += length;
        }

        return result;
    }

    private static Image ReadImage(SafeBpfHandle handle)
    {
        const string What = "a program";
        bpf_prog_info sizes = default;
        BpfCommands.GetInfo(handle, ref sizes, What);
        if (sizes.xlated_prog_len == 0)
        {
            throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"Reading the instructions of program {sizes.id} needs CAP_BPF and CAP_PERFMON; run as root"), Errno.EPERM);
        }

        byte[] xlated = new byte[sizes.xlated_prog_len];
        byte[] jited = new byte[sizes.jited_prog_len];
        ulong[] addresses = new ulong[sizes.nr_jited_ksyms];
        uint[] lengths = new uint[sizes.nr_jited_func_lens];
        (uint, uint)[] functions = new (uint, uint)[sizes.btf_id == 0 ? 0 : sizes.nr_func_info];
        LineInfo[] lines = new LineInfo[sizes.btf_id == 0 ? 0 : sizes.nr_line_info];
        bpf_prog_info info = default;
        fixed (byte* xlatedBuffer = xlated, jitedBuffer = jited)
        {
            fixed (ulong* addressBuffer = addresses)
            {
                fixed (uint* lengthBuffer = lengths)
                {
                    fixed ((uint, uint)* functionBuffer = functions)
                    {
                        fixed (LineInfo* lineBuffer = lines)
                        {
                            info = new()
                            {
                                xlated_prog_insns = BpfCommands.Address(xlatedBuffer),
                                xlated_prog_len = (uint)xlated.Length,
                                jited_prog_insns = BpfCommands.Address(jitedBuffer),
                                jited_prog_len = (uint)jited.Length,
                                jited_ksyms = BpfCommands.Address(addressBuffer),
                                nr_jited_ksyms = (uint)addresses.Length,
                                jited_func_lens = BpfCommands.Address(lengthBuffer),
                                nr_jited_func_lens = (uint)lengths.Length,
                                func_info = BpfCommands.Address(functionBuffer),
                                nr_func_info = (uint)functions.Length,
                                func_info_rec_size = functions.Length == 0 ? 0 : (uint)FunctionInfoSize,
                                line_info = BpfCommands.Address(lineBuffer),
                                nr_line_info = (uint)lines.Length,
                                line_info_rec_size = lines.Length == 0 ? 0 : (uint)LineInfoSize,
                            };
                            BpfCommands.GetInfo(handle, ref info, What);
                        }
                    }
                }
            }
        }

        // A null pointer instead of the instructions: the kernel hides them from this process (bpf_dump_raw_ok).
        return info.xlated_prog_insns == 0
            ? throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"The kernel hides the instructions of program {info.id}; run as root, with sysctl kernel.kptr_restrict below 2"), Errno.EPERM)
            : new Image(info.id, info.name.ToString(), info.btf_id, xlated, jited, addresses, lengths, functions, lines);
    }

    // A tail call has no address; the kernel shows its number (bpf_insn_prepare_dump in kernel/bpf/syscall.c).
    private static string? Callee(BpfInstruction instruction, Image image, Dictionary<ulong, string> symbols) =>
        instruction is { IsHelperCall: true, Immediate: TailCall } ? "bpf_tail_call"
        : symbols.TryGetValue(Target(instruction, image, 0) ?? 0, out string? name) ? name : null;

    /// <summary>What stands behind "call" or "call pc" in the text (print_call in tools/bpf/bpftool/xlated_dumper.c).</summary>
    private static string? CallText(BpfInstruction instruction, Image image, string? callee)
    {
        if (!instruction.IsCall || !instruction.IsFunctionCall)
        {
            return callee;
        }

        // The verifier moves the distance from the immediate to the offset, and the function's number into the immediate.
        string distance = instruction.Offset < 0
            ? instruction.Offset.ToString(CultureInfo.InvariantCulture)
            : "+" + instruction.Offset.ToString(CultureInfo.InvariantCulture);
        if (image.Addresses.Length == 0)
        {
            return distance;
        }

        return callee is not null
            ? $"{distance}#{callee}"
            : string.Create(CultureInfo.InvariantCulture, $"{distance}#0x{Target(instruction, image, 0) ?? 0:x}");
    }

    private static ulong? Target(BpfInstruction instruction, Image image, ulong callBase)
    {
        if (!instruction.IsCall)
        {
            return null;
        }

        if (instruction.IsFunctionCall)
        {
            return (uint)instruction.Immediate < (uint)image.Addresses.Length ? image.Addresses[instruction.Immediate] : null;
        }

        ulong start = callBase == 0 ? image.CallBase : callBase;
        return start == 0 ? null : unchecked(start + (ulong)instruction.Immediate);
    }

    private static (InstructionRecord Record, int Next) WithFunction(InstructionRecord record, Image image, int next, BtfSpec spec) =>
        next < image.Functions.Length && image.Functions[next].Offset == record.Index
            ? (record with { Function = FunctionSignature.Format(spec, image.Functions[next].TypeId) }, next + 1)
            : (record, next);

    private static (InstructionRecord Record, int Next) WithLine(InstructionRecord record, Image image, int next, BtfSpec spec)
    {
        if (next >= image.Lines.Length || image.Lines[next].Offset != record.Index)
        {
            return (record, next);
        }

        LineInfo line = image.Lines[next];
        try
        {
            record = record with
            {
                Source = spec.StringAt(line.Text).TrimStart(),
                SourceFile = spec.StringAt(line.File),
                SourceLine = (int)(line.Position >> ColumnBits),
                SourceColumn = (int)(line.Position & ((1 << ColumnBits) - 1)),
            };
        }
        catch (BpfFormatException)
        {
            // A string that is not there: the instruction is shown without its line.
        }

        return (record, next + 1);
    }

    private Dictionary<ulong, string> FindSymbols(BpfInstruction[] instructions, Image image)
    {
        if (!instructions.Any(static instruction => instruction.IsCall))
        {
            return [];
        }

        try
        {
            _callBase ??= KernelSymbols.Find([CallBase]).TryGetValue(CallBase, out ulong found) ? found : 0;
            image.CallBase = _callBase.Value;
            return KernelAddresses.Find(new HashSet<ulong>(instructions.Select(instruction => Target(instruction, image, image.CallBase)).OfType<ulong>()));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without names the text has the numbers.
            return [];
        }
    }

    private string? MapName(uint id)
    {
        if (!_mapNames.TryGetValue(id, out string? name))
        {
            bpf_attr_id attr = new() { map_id = id };
            int descriptor = Syscalls.Bpf(bpf_cmd.BPF_MAP_GET_FD_BY_ID, ref attr);
            if (descriptor >= 0)
            {
                using SafeBpfHandle handle = SafeBpfHandle.Adopt(descriptor);
                bpf_map_info info = default;
                name = BpfCommands.TryGetInfo(handle, ref info) >= 0 ? info.name.ToString() : null;
            }

            _mapNames[id] = name;
        }

        return name;
    }

    /// <summary>struct bpf_line_info of include/uapi/linux/bpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LineInfo
    {
        internal uint Offset;
        internal uint File;
        internal uint Text;
        internal uint Position;
    }

    private sealed record Image(
        uint Id,
        string Name,
        uint BtfId,
        byte[] Xlated,
        byte[] Jited,
        ulong[] Addresses,
        uint[] FunctionLengths,
        (uint Offset, uint TypeId)[] Functions,
        LineInfo[] Lines)
    {
        internal ulong CallBase { get; set; }
    }
}
