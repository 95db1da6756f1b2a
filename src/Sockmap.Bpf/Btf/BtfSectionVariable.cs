using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>One variable of a data section.</summary>
/// <param name="TypeId">The variable (or, in <c>.ksyms</c>, the function).</param>
/// <param name="Offset">Bytes from the start of the section.</param>
/// <param name="Size">Its size in bytes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfSectionVariable(uint TypeId, uint Offset, uint Size);
