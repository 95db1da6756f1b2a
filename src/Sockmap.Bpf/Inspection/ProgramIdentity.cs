namespace Sockmap.Bpf.Inspection;

/// <summary>What one wants to know of a program that something else refers to.</summary>
/// <param name="Name">Its name, empty when it is not known.</param>
/// <param name="Type">Its type, null when it is not known.</param>
/// <param name="AttachBtfObjId">The id of the BTF of what it traces or replaces, or 0.</param>
/// <param name="AttachBtfId">The type of that in the BTF, or 0.</param>
internal sealed record ProgramIdentity(string Name, BpfProgramType? Type, uint AttachBtfObjId, uint AttachBtfId)
{
    internal static readonly ProgramIdentity Unknown = new("", null, 0, 0);
}
