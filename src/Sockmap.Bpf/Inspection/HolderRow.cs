using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Inspection;

/// <summary>struct holder_row of bpf/inspect.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HolderRow
{
    internal const int CommandLength = 16;

    internal uint Kind;
    internal uint Id;
    internal int Pid;
    internal CommandBytes Command;

    /// <summary>The first 15 bytes of a process's name and a zero.</summary>
    [InlineArray(CommandLength)]
    internal struct CommandBytes
    {
        private byte _first;
    }
}
