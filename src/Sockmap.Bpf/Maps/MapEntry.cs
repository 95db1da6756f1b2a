using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Maps;

/// <summary>A key and its value, as bytes.</summary>
/// <param name="Key">As many bytes as a key of the map has; none for a queue or a stack.</param>
/// <param name="Value">What one lookup gives (<see cref="BpfMap.LookupSize"/>), or null where the kernel does not tell.</param>
[StructLayout(LayoutKind.Auto)]
[SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "The bytes are the caller's own.")]
public readonly record struct MapEntry(byte[] Key, byte[]? Value);
