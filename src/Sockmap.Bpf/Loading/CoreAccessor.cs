using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Loading;

/// <summary>One step of an access path that says something: a named field or an array element.</summary>
/// <param name="TypeId">The struct of a field; the type of an element.</param>
/// <param name="Index">The member's or element's number.</param>
/// <param name="NameOffset">The field's name; 0 for an element.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CoreAccessor(uint TypeId, int Index, uint NameOffset)
{
    public bool IsField => NameOffset != 0;
}
