using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>One member of a struct or union.</summary>
/// <param name="NameOffset">Where its name is in the string section; 0 for an anonymous member.</param>
/// <param name="TypeId">Its type.</param>
/// <param name="BitOffset">Bits from the start of the struct.</param>
/// <param name="BitSize">Bits it takes when it is a bit field, else 0.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfMember(uint NameOffset, uint TypeId, uint BitOffset, uint BitSize);
