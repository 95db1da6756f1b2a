using Sockmap.Bpf.Instructions;

namespace Sockmap.Bpf.Loading;

/// <summary>Writes the answer of a CO-RE relocation into its instruction.</summary>
internal static class CorePatcher
{
    /// <summary>The number of a helper that no kernel has; libbpf and cilium/ebpf use it for the same, so tools know it.</summary>
    public const int PoisonHelper = 0xbad2310;

    private const int ClassLoad = 0;
    private const int ClassLoadMemory = 1;
    private const int ClassStoreImmediate = 2;
    private const int ClassStore = 3;
    private const int ClassAlu = 4;
    private const int ClassAlu64 = 7;
    private const int SizeMask = 0x18;
    private const int SourceRegisterBit = 0x08;

    /// <summary>Patches the instruction at an index. Returns whether it was poisoned: the verifier refuses it where it can be reached.</summary>
    public static bool Patch(Span<BpfInstruction> code, int index, CoreFix fix, string objectName, string programName)
    {
        ref BpfInstruction instruction = ref code[index];
        bool isWide = instruction.IsLoadImmediate64;
        if (isWide && index + 1 >= code.Length)
        {
            throw Fault(objectName, programName, index, "a 64-bit load is cut off");
        }

        if (fix.Poison)
        {
            return Poison(code, index, isWide);
        }

        switch (instruction.Class)
        {
            case ClassAlu or ClassAlu64 when (instruction.Opcode & SourceRegisterBit) == 0:
                Check(fix, unchecked((ulong)(long)instruction.Immediate), objectName, programName, index);
                instruction = instruction with { Immediate = unchecked((int)fix.New) };
                return false;
            case ClassLoadMemory or ClassStoreImmediate or ClassStore:
                return PatchAccess(code, index, fix, objectName, programName);
            case ClassLoad when isWide && instruction is { Source: 0, Offset: 0 }:
                ref BpfInstruction second = ref code[index + 1];
                ulong value = (uint)instruction.Immediate | ((ulong)(uint)second.Immediate << 32);
                Check(fix, value, objectName, programName, index);
                instruction = instruction with { Immediate = unchecked((int)fix.New) };
                second = second with { Immediate = unchecked((int)(fix.New >> 32)) };
                return false;
            default:
                throw Fault(objectName, programName, index, $"the {fix.Description} is to be put into an instruction with opcode 0x{instruction.Opcode:x2}, which takes none");
        }
    }

    private static bool PatchAccess(Span<BpfInstruction> code, int index, CoreFix fix, string objectName, string programName)
    {
        ref BpfInstruction instruction = ref code[index];
        Check(fix, unchecked((ulong)(long)instruction.Offset), objectName, programName, index);
        if (fix.New > (ulong)short.MaxValue)
        {
            throw new BpfRelocationException(programName, fix.Description, $"the {fix.Description} is {fix.New} in this kernel, more than a load or store can reach ({short.MaxValue})");
        }

        if (fix.SizeIsUnsafe)
        {
            return Poison(code, index, false);
        }

        byte opcode = instruction.Opcode;
        if (fix.NewSize != fix.OriginalSize)
        {
            if (SizeOf(opcode) != fix.OriginalSize)
            {
                throw Fault(objectName, programName, index, $"{SizeOf(opcode)} bytes are loaded or stored where {fix.OriginalSize} are expected for the {fix.Description}");
            }

            opcode = (byte)((opcode & ~SizeMask) | fix.NewSize switch
            {
                1 => 0x10,
                2 => 0x08,
                4 => 0x00,
                8 => 0x18,
                _ => throw new BpfRelocationException(programName, fix.Description, $"the {fix.Description} belongs to a field of {fix.NewSize} bytes in this kernel, which no single load or store moves"),
            });
        }

        instruction = instruction with { Opcode = opcode, Offset = (short)fix.New };
        return false;
    }

    private static bool Poison(Span<BpfInstruction> code, int index, bool isWide)
    {
        BpfInstruction poison = new(BpfInstruction.CallOpcode, 0, BpfPseudo.HelperCall, 0, PoisonHelper);
        code[index] = poison;
        if (isWide)
        {
            code[index + 1] = poison;
        }

        return true;
    }

    private static uint SizeOf(byte opcode) => (opcode & SizeMask) switch
    {
        0x00 => 4,
        0x08 => 2,
        0x10 => 1,
        _ => 8,
    };

    private static void Check(CoreFix fix, ulong actual, string objectName, string programName, int index)
    {
        if (fix.Validate && actual != fix.Original && !(fix.Is32Bit && (uint)actual == (uint)fix.Original))
        {
            throw Fault(objectName, programName, index, $"the instruction holds {(long)actual} where {(long)fix.Original} is expected for the {fix.Description}");
        }
    }

    private static BpfFormatException Fault(string objectName, string programName, int index, string fault) =>
        new(objectName, $"in program '{programName}', instruction {index}: {fault}");
}
