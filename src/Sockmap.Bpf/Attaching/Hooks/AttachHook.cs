using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>A place in the kernel or in an executable that programs are linked to by its name or number, and that nothing has to be open for.</summary>
public abstract record AttachHook
{
    private protected AttachHook()
    {
    }

    /// <summary>What kind of place it is.</summary>
    public abstract AttachmentTarget Kind { get; }

    /// <summary>Its name, for messages: a function's, a tracepoint's, an event's.</summary>
    public abstract string Name { get; }

    /// <summary>What cannot be as it was asked for, whatever the kernel says, and what would be right; null where all can.</summary>
    internal abstract string? Fault();

    /// <summary>Why a link of an attach type cannot be made to this; null where it can be tried.</summary>
    internal virtual string? Objection(BpfAttachType attachType) => null;

    /// <summary>Makes the link; gives a descriptor or the negative error number of BPF_LINK_CREATE.</summary>
    /// <exception cref="BpfException">Something that the link needs is not there.</exception>
    internal abstract int CreateLink(SafeHandle program, BpfAttachType attachType);

    /// <summary>What an error number of <see cref="CreateLink"/> means here, with a colon in front; empty where it says enough.</summary>
    internal abstract string Explain(int errno);
}
