using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>One parameter of a function prototype.</summary>
/// <param name="NameOffset">Where its name is in the string section; 0 where it has none.</param>
/// <param name="TypeId">Its type; 0 in the last one marks a variable argument list.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfParameter(uint NameOffset, uint TypeId);
