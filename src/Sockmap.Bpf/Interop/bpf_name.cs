using System.Runtime.CompilerServices;
using System.Text;

namespace Sockmap.Bpf.Interop;

/// <summary>char[BPF_OBJ_NAME_LEN]: at most 15 bytes and a zero.</summary>
[InlineArray(Constants.BPF_OBJ_NAME_LEN)]
internal struct bpf_name
{
    private byte first;

    /// <summary>
    /// The name as the kernel takes it: cut to 15 bytes, and '_' for what is not an ASCII letter, digit, '_' or '.'
    /// (bpf_obj_name_cpy in kernel/bpf/syscall.c refuses those).
    /// </summary>
    internal static bpf_name From(string? name)
    {
        bpf_name result = default;
        Span<byte> bytes = result;
        int length = Math.Min(name?.Length ?? 0, Constants.BPF_OBJ_NAME_LEN - 1);
        for (int i = 0; i < length; i++)
        {
            char c = name![i];
            bytes[i] = char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? (byte)c : (byte)'_';
        }

        return result;
    }

    internal readonly bool IsEmpty => ((ReadOnlySpan<byte>)this)[0] == 0;

    public override readonly string ToString()
    {
        ReadOnlySpan<byte> bytes = this;
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
