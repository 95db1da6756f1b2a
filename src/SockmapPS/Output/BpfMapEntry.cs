using System.Diagnostics.CodeAnalysis;
using Sockmap.Bpf;

namespace SockmapPS.Output;

/// <summary>One entry of a map.</summary>
[SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "Bytes are arrays in PowerShell.")]
public class BpfMapEntry
{
    /// <summary>Id of the map.</summary>
    public required uint MapId { get; init; }

    /// <summary>Name of the map; empty where it has none.</summary>
    public required string MapName { get; init; }

    /// <summary>What the map is, as a name of <see cref="BpfMapType"/>; a string, which remoting keeps.</summary>
    public required string MapType { get; init; }

    /// <summary>The key: an object with a property for each member where the map has BTF, a number for an index, else bytes.</summary>
    public required object? Key { get; init; }

    /// <summary>The value likewise; of a per-CPU map a list with one for each possible CPU; of a map of programs, maps or sockets the id or cookie.</summary>
    public required object? Value { get; init; }

    /// <summary>The key's bytes.</summary>
    public required byte[] KeyBytes { get; init; }

    /// <summary>The value's bytes as the kernel gives them: of a per-CPU map rounded up to 8 for each CPU.</summary>
    public required byte[]? ValueBytes { get; init; }
}
