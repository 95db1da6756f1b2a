using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bypasses;

/// <summary>Attaches the root program to the SOCKHASH the way this kernel has.</summary>
internal static class RootAttachment
{
    /// <summary>
    /// Attaches by a link; kernels before 6.10 have none to sockmaps, there by attaching, which goes with the map.
    /// </summary>
    /// <returns>The link; null where it was attached without.</returns>
    public static BpfLink? Create(BpfObject loaded) => Create(loaded.Programs[BypassObject.Root], loaded.Maps[BypassObject.SockHash]);

    /// <summary>The same of any sk_msg program and SOCKHASH.</summary>
    public static BpfLink? Create(BpfProgram program, BpfMap sockHash)
    {
        try
        {
            return BpfLink.CreateSockmap(program, sockHash, BpfAttachType.SkMsgVerdict);
        }
        catch (BpfException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOTSUPP)
        {
            ProgramAttachment.Attach(program, sockHash.Handle, BpfAttachType.SkMsgVerdict);
            return null;
        }
    }
}
