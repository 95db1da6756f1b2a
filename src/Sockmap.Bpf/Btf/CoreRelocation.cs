using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>One CO-RE relocation: an instruction whose number depends on the kernel's types.</summary>
/// <param name="InstructionOffset">Bytes from the start of the section.</param>
/// <param name="TypeId">The type it starts from, in the object's BTF.</param>
/// <param name="AccessOffset">Where the access path, such as <c>0:1:2</c>, is in the string section.</param>
/// <param name="Kind">What is asked for.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CoreRelocation(uint InstructionOffset, uint TypeId, uint AccessOffset, CoreRelocationKind Kind);
