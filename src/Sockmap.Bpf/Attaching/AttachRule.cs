using Sockmap.Bpf.Inspection;

namespace Sockmap.Bpf.Attaching;

/// <summary>One way in which programs of a type are attached.</summary>
/// <param name="ProgramType">The type.</param>
/// <param name="Target">What they are attached to.</param>
/// <param name="AttachType">Where at it; null for types that have no attach type.</param>
/// <param name="ByCall">Whether BPF_PROG_ATTACH does it too.</param>
internal sealed record AttachRule(BpfProgramType ProgramType, AttachmentTarget Target, BpfAttachType? AttachType, bool ByCall);
