using Sockmap.Bpf.Instructions;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Runs straight-line test programs far enough to see which number they store into which slot of <c>out</c>.</summary>
internal static class StoreReader
{
    public static Dictionary<int, ulong> Read(ReadOnlyMemory<byte> program)
    {
        BpfInstruction[] code = BpfInstruction.ReadAll(program.Span);
        ulong[] registers = new ulong[11];
        bool[] isOut = new bool[11];
        Dictionary<int, ulong> stored = [];
        for (int i = 0; i < code.Length; i++)
        {
            BpfInstruction at = code[i];
            switch (at.Opcode)
            {
                case 0x18:
                    registers[at.Destination] = (uint)at.Immediate | ((ulong)(uint)code[i + 1].Immediate << 32);
                    isOut[at.Destination] = at.Source == BpfPseudo.MapValue;
                    i++;
                    break;
                case 0xb7:
                    registers[at.Destination] = unchecked((ulong)(long)at.Immediate);
                    break;
                case 0xb4:
                    registers[at.Destination] = (uint)at.Immediate;
                    break;
                case 0x7b when isOut[at.Destination]:
                    stored[at.Offset / 8] = registers[at.Source];
                    break;
                case 0x95:
                    return stored;
                default:
                    throw new InvalidOperationException($"Instruction {i}, opcode 0x{at.Opcode:x2}, is not expected in a test program.");
            }
        }

        return stored;
    }
}
