using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>One answer of BPF_PROG_QUERY.</summary>
internal sealed unsafe class AttachmentQuery
{
    // BPF_CGROUP_MAX_PROGS and BPF_MPROG_MAX; effective lists may be longer.
    private const int UsualPrograms = 64;

    private AttachmentQuery(uint[] programs, uint[] links, uint flags)
    {
        Programs = programs;
        Links = links;
        Flags = flags;
    }

    /// <summary>The ids of the programs, in the order in which they run.</summary>
    internal uint[] Programs { get; }

    /// <summary>The ids of their links where the kernel tells them, else zeros.</summary>
    internal uint[] Links { get; }

    /// <summary>BPF_F_ALLOW_* of a cgroup.</summary>
    internal uint Flags { get; }

    /// <summary>Asks what is attached; gives the negative error number when it fails.</summary>
    /// <param name="target">A descriptor, or the index of an interface.</param>
    /// <param name="attachType">Where.</param>
    /// <param name="effective">On cgroups: also what the parents hand down.</param>
    /// <param name="withLinks">Whether links are asked for, which only interfaces tell.</param>
    /// <param name="answer">The answer, when the result is not negative.</param>
    internal static int Ask(uint target, BpfAttachType attachType, bool effective, bool withLinks, out AttachmentQuery answer)
    {
        uint count = UsualPrograms;
        while (true)
        {
            uint[] programs = new uint[count];
            uint[] links = new uint[count];
            fixed (uint* programBuffer = programs, linkBuffer = links)
            {
                bpf_attr_query attr = new()
                {
                    target_fd = target,
                    attach_type = (uint)attachType,
                    query_flags = effective ? Constants.BPF_F_QUERY_EFFECTIVE : 0,
                    prog_ids = BpfCommands.Address(programBuffer),
                    prog_cnt = count,
                    link_ids = withLinks ? BpfCommands.Address(linkBuffer) : 0,
                };
                int result = Syscalls.Bpf(bpf_cmd.BPF_PROG_QUERY, ref attr);
                if (result != -Errno.ENOSPC)
                {
                    int found = result < 0 ? 0 : (int)Math.Min(attr.prog_cnt, count);
                    answer = new AttachmentQuery(programs[..found], links[..found], attr.attach_flags);
                    return result;
                }

                count = Math.Max(count * 2, attr.prog_cnt);
            }
        }
    }
}
