using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Features;

/// <summary>Finds out what the kernel can by trying it. Nothing is remembered and nothing stays behind.</summary>
public static class FeatureProbes
{
    // r0 = 1; exit
    private static readonly byte[] ReturnOne = [0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Whether a program can be linked to a sockmap (6.10).</summary>
    public static FeatureProbe SockmapLink()
    {
        const string Name = "sockmap links";
        Version minimum = new(6, 10);
        try
        {
            using BpfMap map = BpfMap.Create(new() { Type = BpfMapType.SockHash, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
            using BpfProgram program = BpfProgram.Load(new() { Type = BpfProgramType.SkMsg, ExpectedAttachType = BpfAttachType.SkMsgVerdict, Instructions = ReturnOne });
            return FromDescriptor(Name, minimum, BpfLink.CreateOnce(program.Handle, map.Handle, BpfAttachType.SkMsgVerdict, default));
        }
        catch (BpfException exception)
        {
            return new() { Name = Name, MinimumKernel = minimum, State = FeatureState.Unknown, Reason = exception.Message, Errno = exception.Errno };
        }
    }

    /// <summary>A descriptor says yes; that the request is not understood says no; anything else says nothing.</summary>
    private static FeatureProbe FromDescriptor(string name, Version? minimumKernel, int result)
    {
        if (result >= 0)
        {
            _ = Syscalls.Close(result);
            return new() { Name = name, MinimumKernel = minimumKernel, State = FeatureState.Supported, Reason = "It was tried and worked." };
        }

        return new()
        {
            Name = name,
            MinimumKernel = minimumKernel,
            State = result is -Errno.EINVAL or -Errno.EOPNOTSUPP or -Errno.ENOTSUPP or -Errno.ENOSYS ? FeatureState.Unsupported : FeatureState.Unknown,
            Reason = $"The kernel answered {Errno.Describe(-result)}.",
            Errno = -result,
        };
    }
}
