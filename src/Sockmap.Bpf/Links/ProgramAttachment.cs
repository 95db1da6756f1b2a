using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Links;

/// <summary>
/// Attaching without a link (BPF_PROG_ATTACH): what is attached stays until it is detached or its target is gone,
/// whatever becomes of the process.
/// </summary>
public static unsafe class ProgramAttachment
{
    /// <summary>Attaches a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="target">A cgroup v2 directory, or the handle of a sockmap or sockhash.</param>
    /// <param name="attachType">Where.</param>
    /// <param name="flags">On cgroups: alone, or beside others.</param>
    /// <exception cref="BpfException">EPERM: no capability, or what is attached forbids; EINVAL: program, target and attach type do not suit each other.</exception>
    public static void Attach(BpfProgram program, SafeHandle target, BpfAttachType attachType, ProgramAttachFlags flags = ProgramAttachFlags.None)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(target);
        BpfCommands.ThrowIfFailed(Call(bpf_cmd.BPF_PROG_ATTACH, program, target, attachType, flags), $"Attaching a program ({attachType})");
    }

    /// <summary>Detaches a program.</summary>
    /// <param name="program">The program that is attached.</param>
    /// <param name="target">What it is attached to.</param>
    /// <param name="attachType">Where.</param>
    /// <exception cref="BpfException">ENOENT: it is not attached there.</exception>
    public static void Detach(BpfProgram program, SafeHandle target, BpfAttachType attachType)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(target);
        BpfCommands.ThrowIfFailed(Call(bpf_cmd.BPF_PROG_DETACH, program, target, attachType, ProgramAttachFlags.None), $"Detaching a program ({attachType})");
    }

    /// <summary>The ids of the programs that are attached, by link or by attach (BPF_PROG_QUERY).</summary>
    /// <param name="target">A cgroup v2 directory, or since 5.18 the handle of a sockmap or sockhash.</param>
    /// <param name="attachType">Where.</param>
    /// <param name="effective">On cgroups: also those that the parents hand down, in the order in which they run.</param>
    /// <exception cref="BpfException">EINVAL: the kernel cannot tell for such a target; EPERM: no CAP_NET_ADMIN.</exception>
    public static IReadOnlyList<uint> Query(SafeHandle target, BpfAttachType attachType, bool effective = false)
    {
        ArgumentNullException.ThrowIfNull(target);
        using DescriptorLease lease = new(target);

        // 64 is BPF_CGROUP_MAX_PROGS, the most that one cgroup takes; effective lists may be longer.
        uint[] ids = new uint[64];
        while (true)
        {
            fixed (uint* buffer = ids)
            {
                bpf_attr_query attr = new()
                {
                    target_fd = (uint)lease.Descriptor,
                    attach_type = (uint)attachType,
                    query_flags = effective ? Constants.BPF_F_QUERY_EFFECTIVE : 0,
                    prog_ids = BpfCommands.Address(buffer),
                    prog_cnt = (uint)ids.Length,
                };
                int result = Syscalls.Bpf(bpf_cmd.BPF_PROG_QUERY, ref attr);
                if (result != -Errno.ENOSPC)
                {
                    BpfCommands.ThrowIfFailed(result, $"Asking which programs are attached ({attachType})");
                    return ids[..(int)attr.prog_cnt];
                }

                ids = new uint[Math.Max(ids.Length * 2, (int)attr.prog_cnt)];
            }
        }
    }

    private static int Call(bpf_cmd command, BpfProgram program, SafeHandle target, BpfAttachType attachType, ProgramAttachFlags flags)
    {
        using DescriptorLease programLease = new(program.Handle);
        using DescriptorLease targetLease = new(target);
        bpf_attr_attach attr = new()
        {
            target_fd = (uint)targetLease.Descriptor,
            attach_bpf_fd = (uint)programLease.Descriptor,
            attach_type = (uint)attachType,
            attach_flags = (uint)flags,
        };
        return Syscalls.Bpf(command, ref attr);
    }
}
