using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>What an array is made of.</summary>
/// <param name="ElementTypeId">Type of one element.</param>
/// <param name="IndexTypeId">Type of its index (an integer).</param>
/// <param name="Count">How many elements; 0 for a flexible array.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfArrayShape(uint ElementTypeId, uint IndexTypeId, uint Count);
