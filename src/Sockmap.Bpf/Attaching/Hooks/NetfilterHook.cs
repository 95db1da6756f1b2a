using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>A place in Netfilter, in the network namespace of the thread that attaches.</summary>
public sealed record NetfilterHook : AttachHook
{
    // NF_IP_PRI_CONNTRACK_DEFRAG of include/uapi/linux/netfilter_ipv4.h, the same for IPv6.
    private const int DefragmentPriority = -400;

    /// <summary>Whose packets.</summary>
    public NetfilterFamily Family { get; init; } = NetfilterFamily.IPv4;

    /// <summary>Where in their way.</summary>
    public required NetfilterPlace Place { get; init; }

    /// <summary>The order in which those at a place run, lower ones first; no two programs of a place have the same.</summary>
    public required int Priority { get; init; }

    /// <summary>Whether fragments are put together before (6.6).</summary>
    public bool Defragment { get; init; }

    /// <inheritdoc/>
    public override AttachmentTarget Kind => AttachmentTarget.Netfilter;

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"{Family} {Place} {Priority}");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Netfilter's {Place} for {Family} with priority {Priority}");

    /// <inheritdoc/>
    internal override string? Fault()
    {
        // bpf_nf_check_pf_and_hooks in net/netfilter/nf_bpf_link.c.
        if (Priority is int.MinValue or int.MaxValue)
        {
            return string.Create(CultureInfo.InvariantCulture, $"The priority {Priority} is the kernel's own; take one between.");
        }

        if (Defragment && Priority <= DefragmentPriority)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Fragments are put together at priority {DefragmentPriority}, so a program with priority {Priority} would see them before; take a higher one.");
        }

        return null;
    }

    /// <inheritdoc/>
    internal override int CreateLink(SafeHandle program, BpfAttachType attachType)
    {
        using DescriptorLease lease = new(program);
        bpf_attr_link_create create = new()
        {
            prog_fd = (uint)lease.Descriptor,
            attach_type = (uint)attachType,
            netfilter_pf = (uint)Family,
            netfilter_hooknum = (uint)Place,
            netfilter_priority = Priority,
            netfilter_flags = Defragment ? Constants.BPF_F_NETFILTER_IP_DEFRAG : 0,
        };
        return Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref create);
    }

    /// <inheritdoc/>
    internal override string Explain(int errno) => errno switch
    {
        Errno.EBUSY or Errno.EEXIST => ": a program is there with the same priority; take another priority",
        Errno.EAFNOSUPPORT => $": this kernel has no {Family}",
        Errno.EOPNOTSUPP => Defragment ? ": this kernel does not put fragments together for programs (6.6)" : ": this kernel has no links to Netfilter (6.4, CONFIG_NETFILTER_BPF_LINK)",
        Errno.EINVAL => Defragment ? ": this kernel has no links to Netfilter (6.4), or does not put fragments together for programs (6.6)" : ": this kernel has no links to Netfilter (6.4, CONFIG_NETFILTER_BPF_LINK)",
        _ => "",
    };
}
