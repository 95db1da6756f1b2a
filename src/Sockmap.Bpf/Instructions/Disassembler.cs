using System.Globalization;

namespace Sockmap.Bpf.Instructions;

/// <summary>
/// Writes instructions as the kernel's verifier and bpftool write them (print_bpf_insn in kernel/bpf/disasm.c).
/// </summary>
public static class Disassembler
{
    private const int ClassLd = 0;
    private const int ClassLdx = 1;
    private const int ClassSt = 2;
    private const int ClassStx = 3;
    private const int ClassAlu = 4;
    private const int ClassJmp = 5;
    private const int ClassJmp32 = 6;
    private const int ClassAlu64 = 7;

    private const int ModeImmediate = 0x00;
    private const int ModeAbsolute = 0x20;
    private const int ModeIndirect = 0x40;
    private const int ModeMemory = 0x60;
    private const int ModeMemorySigned = 0x80;
    private const int ModeAtomic = 0xc0;

    private const int OperationNegate = 0x80;
    private const int OperationMove = 0xb0;
    private const int OperationEndian = 0xd0;
    private const int OperationDivide = 0x30;
    private const int OperationModulo = 0x90;
    private const int OperationCall = 0x80;
    private const int OperationExit = 0x90;
    private const int OperationGo = 0x00;
    private const int OperationMayGo = 0xe0;
    private const int Fetch = 1;
    private const int Exchange = 0xe1;
    private const int CompareExchange = 0xf1;
    private const int LoadAcquire = 0x100;
    private const int StoreRelease = 0x110;

    private static readonly string?[] Alu =
        ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian", null, null];

    private static readonly string?[] Jumps =
        ["jmp", "==", ">", ">=", "&", "!=", "s>", "s>=", "call", "exit", "<", "<=", "s<", "s<=", null, null];

    private static readonly string[] Sizes = ["u32", "u16", "u8", "u64"];
    private static readonly string[] SignedSizes = ["s32", "s16", "s8", "s64"];

    /// <summary>The text of one instruction.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="second">The immediate of the second half of a 64-bit load.</param>
    /// <param name="callee">What a call calls; null when it is not known. For a function of the program: the distance and, after a '#', its name.</param>
    public static string Format(BpfInstruction instruction, int second = 0, string? callee = null) =>
        string.Create(CultureInfo.InvariantCulture, $"({instruction.Opcode:x2}) {Body(instruction, second, callee)}");

    private static string Body(BpfInstruction i, int second, string? callee) => i.Class switch
    {
        ClassAlu or ClassAlu64 => Arithmetic(i),
        ClassStx => Store(i),
        ClassSt => StoreImmediate(i),
        ClassLdx => Load(i),
        ClassLd => LoadSpecial(i, second),
        _ => Jump(i, callee),
    };

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static string Signed(int value) => value < 0 ? value.ToString(CultureInfo.InvariantCulture) : "+" + value.ToString(CultureInfo.InvariantCulture);

    private static string Size(BpfInstruction i) => Sizes[(i.Opcode >> 3) & 3];

    private static bool IsDoubleWord(BpfInstruction i) => (i.Opcode & 0x18) == 0x18;

    private static string Arithmetic(BpfInstruction i)
    {
        int operation = i.Opcode & 0xf0;
        bool fromRegister = (i.Opcode & 8) != 0;
        bool wide = i.Class == ClassAlu64;
        char register = wide ? 'r' : 'w';
        switch (operation)
        {
            case OperationEndian when wide:
                return Text($"r{i.Destination} = bswap{i.Immediate} r{i.Destination}");
            case OperationEndian:
                return Text($"r{i.Destination} = {(fromRegister ? "be" : "le")}{i.Immediate} r{i.Destination}");
            case OperationNegate:
                return Text($"{register}{i.Destination} = -{register}{i.Destination}");
            case OperationMove when wide && fromRegister && i.Offset == 1:
                return Text($"r{i.Destination} = addr_space_cast(r{i.Source}, {(uint)i.Immediate >> 16}, {(ushort)i.Immediate})");
            case OperationMove when wide && fromRegister && i.Offset == -1:
                return Text($"r{i.Destination} = &(void __percpu *)(r{i.Source})");
            default:
                break;
        }

        string? sign = operation switch
        {
            OperationDivide when i.Offset == 1 => "s/=",
            OperationModulo when i.Offset == 1 => "s%=",
            _ => Alu[operation >> 4],
        };
        if (sign is null)
        {
            return Text($"BUG_alu{(wide ? "64" : "")}_{i.Opcode:x2}");
        }

        string extension = operation == OperationMove && fromRegister
            ? i.Offset switch
            {
                8 => "(s8)",
                16 => "(s16)",
                32 => "(s32)",
                _ => "",
            }
            : "";
        return fromRegister
            ? Text($"{register}{i.Destination} {sign} {extension}{register}{i.Source}")
            : Text($"{register}{i.Destination} {sign} {i.Immediate}");
    }

    private static string Store(BpfInstruction i)
    {
        string place = Text($"*({Size(i)} *)(r{i.Destination} {Signed(i.Offset)})");
        if ((i.Opcode & 0xe0) == ModeMemory)
        {
            return Text($"{place} = r{i.Source}");
        }

        if ((i.Opcode & 0xe0) != ModeAtomic)
        {
            return Text($"BUG_{i.Opcode:x2}");
        }

        string wide = IsDoubleWord(i) ? "64" : "";
        string target = Text($"({Size(i)} *)(r{i.Destination} {Signed(i.Offset)})");
        string? word = (i.Immediate & ~Fetch) switch
        {
            0x00 => "add",
            0x50 => "and",
            0x40 => "or",
            0xa0 => "xor",
            _ => null,
        };
        return i.Immediate switch
        {
            CompareExchange => Text($"r0 = atomic{wide}_cmpxchg({target}, r0, r{i.Source})"),
            Exchange => Text($"r{i.Source} = atomic{wide}_xchg({target}, r{i.Source})"),
            LoadAcquire => Text($"r{i.Destination} = load_acquire(({Size(i)} *)(r{i.Source} {Signed(i.Offset)}))"),
            StoreRelease => Text($"store_release({target}, r{i.Source})"),
            _ when word is null => Text($"BUG_{i.Opcode:x2}"),
            _ when (i.Immediate & Fetch) != 0 => Text($"r{i.Source} = atomic{wide}_fetch_{word}({target}, r{i.Source})"),
            _ => Text($"lock {place} {Alu[i.Immediate >> 4]} r{i.Source}"),
        };
    }

    private static string StoreImmediate(BpfInstruction i) => (i.Opcode & 0xe0) switch
    {
        ModeMemory => Text($"*({Size(i)} *)(r{i.Destination} {Signed(i.Offset)}) = {i.Immediate}"),

        // The barrier against speculation that the verifier puts in (BPF_ST | BPF_NOSPEC).
        ModeAtomic => "nospec",
        _ => Text($"BUG_st_{i.Opcode:x2}"),
    };

    private static string Load(BpfInstruction i) => (i.Opcode & 0xe0) switch
    {
        ModeMemory => Text($"r{i.Destination} = *({Size(i)} *)(r{i.Source} {Signed(i.Offset)})"),
        ModeMemorySigned => Text($"r{i.Destination} = *({SignedSizes[(i.Opcode >> 3) & 3]} *)(r{i.Source} {Signed(i.Offset)})"),
        _ => Text($"BUG_ldx_{i.Opcode:x2}"),
    };

    private static string LoadSpecial(BpfInstruction i, int second) => (i.Opcode & 0xe0) switch
    {
        ModeAbsolute => Text($"r0 = *({Size(i)} *)skb[{i.Immediate}]"),
        ModeIndirect => Text($"r0 = *({Size(i)} *)skb[r{i.Source} + {i.Immediate}]"),
        ModeImmediate when i.IsLoadImmediate64 => Text($"r{i.Destination} = {Immediate64(i, second)}"),
        _ => Text($"BUG_ld_{i.Opcode:x2}"),
    };

    // Sources 5 and 6 are BPF_PSEUDO_MAP_IDX and BPF_PSEUDO_MAP_IDX_VALUE of programs that carry their maps along.
    private static string Immediate64(BpfInstruction i, int second) => i.Source switch
    {
        BpfPseudo.MapDescriptor => Text($"map[id:{(uint)i.Immediate}]"),
        BpfPseudo.MapValue => Text($"map[id:{(uint)i.Immediate}][0]+{(uint)second}"),
        6 => Text($"map[idx:{(uint)i.Immediate}]+{(uint)second}"),
        BpfPseudo.Function => Text($"subprog[{Signed(i.Immediate)}]"),
        _ => Text($"0x{((ulong)(uint)second << 32) | (uint)i.Immediate:x}"),
    };

    private static string Jump(BpfInstruction i, string? callee)
    {
        int operation = i.Opcode & 0xf0;
        bool wide = i.Class == ClassJmp;
        switch (operation)
        {
            case OperationCall when i.IsFunctionCall:
                return Text($"call pc{callee ?? Signed(i.Immediate)}");
            case OperationCall:
                return Text($"call {callee ?? (i.IsKernelFunctionCall ? "kernel-function" : "unknown")}#{i.Immediate}");
            case OperationExit:
                return "exit";
            case OperationGo when wide && (i.Opcode & 8) == 0:
                return Text($"goto pc{Signed(i.Offset)}");
            case OperationGo when wide:
                return Text($"gotox r{i.Destination}");
            case OperationGo when i.Class == ClassJmp32:
                return Text($"gotol pc{Signed(i.Immediate)}");
            case OperationMayGo when wide && i.Source == 0:
                return Text($"may_goto pc{Signed(i.Offset)}");
            default:
                break;
        }

        if (Jumps[operation >> 4] is not { } comparison)
        {
            return Text($"BUG_jmp_{i.Opcode:x2}");
        }

        char register = wide ? 'r' : 'w';
        return (i.Opcode & 8) != 0
            ? Text($"if {register}{i.Destination} {comparison} {register}{i.Source} goto pc{Signed(i.Offset)}")
            : Text($"if {register}{i.Destination} {comparison} 0x{i.Immediate:x} goto pc{Signed(i.Offset)}");
    }
}
