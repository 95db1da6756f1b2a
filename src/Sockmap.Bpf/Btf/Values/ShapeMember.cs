using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>One member of a struct, a union or a data section.</summary>
/// <param name="Name">Its name, unique in its struct whatever the case.</param>
/// <param name="Shape">What it is.</param>
/// <param name="BitOffset">Bits from the start of the struct.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ShapeMember(string Name, ValueShape Shape, long BitOffset);
