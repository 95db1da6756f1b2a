using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Sockmap.Sockets.Layout;

/// <summary><c>struct holder</c> of bpf/sockets.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HolderRow
{
    public int ProcessId;
    public int Descriptor;
    public CommandBytes Command;

    /// <summary>The command's name. Bytes that are no UTF-8 become U+FFFD.</summary>
    public string ReadName()
    {
        ReadOnlySpan<byte> bytes = Command;
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>TASK_COMM_LEN: 15 bytes of a process's name and a zero.</summary>
    [InlineArray(16)]
    internal struct CommandBytes
    {
        private byte _first;
    }
}
