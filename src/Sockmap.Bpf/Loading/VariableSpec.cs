namespace Sockmap.Bpf.Loading;

/// <summary>A global variable of an object file.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="MapName">The data map that holds it.</param>
/// <param name="Offset">Bytes from the start of that map's value.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="TypeId">Its type in <see cref="ObjectSpec.Btf"/>.</param>
public sealed record VariableSpec(string Name, string MapName, int Offset, int Size, uint TypeId);
