using Sockmap.Bpf.Inspection;

namespace Sockmap.Bpf.Attaching;

/// <summary>One way in which programs of a type are attached.</summary>
/// <param name="ProgramType">The type.</param>
/// <param name="Target">What they are attached to.</param>
/// <param name="AttachType">Where at it; null for types that have no attach type.</param>
/// <param name="ByCall">Whether it is done without a link too: by BPF_PROG_ATTACH, or for XDP by netlink.</param>
internal sealed record AttachRule(BpfProgramType ProgramType, AttachmentTarget Target, BpfAttachType? AttachType, bool ByCall);
