using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>One value of an enumeration.</summary>
/// <param name="NameOffset">Where its name is in the string section.</param>
/// <param name="Value">The value; of a signed enumeration sign-extended to 64 bits, else zero-extended.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfEnumerator(uint NameOffset, ulong Value);
