using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Policies.Layout;
using Sockmap.Policies.Rules;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>Where the programs of a policy are attached, beside the bypasses' arrays.</summary>
internal static class PolicyHooks
{
    /// <summary>
    /// Attaches the program that takes sockets in to the root of the cgroups, behind all that are there. The kernel runs
    /// the programs of a socket's own cgroup first and those of the root last, and in one cgroup in the order in which they
    /// came (compute_effective_progs in kernel/bpf/cgroup.c), so that a bypass takes what it takes before a policy does.
    /// </summary>
    public static void AttachLast(PolicyFolder folder, Action<string> log)
    {
        using CgroupDirectory root = CgroupHierarchy.Open(CgroupHierarchy.FindRoot());
        using BpfProgram enroll = BpfProgram.OpenPinned(folder.Enroll);
        using BpfLink link = BpfLink.CreateCgroup(enroll, root.Handle, BpfAttachType.CgroupSockOps);
        BpfFileSystem.RemovePin(folder.NextEnrollLink);
        link.Pin(folder.NextEnrollLink);
        Detach(folder.EnrollLink);
        BpfFileSystem.Rename(folder.NextEnrollLink, folder.EnrollLink);
        log($"Attached sock_ops of policy '{folder.Name}' to the root of the cgroups, as the last.");
    }

    /// <summary>A bypass was attached to a cgroup: every policy has to come behind it.</summary>
    public static void AttachAllLast(string? bpfFileSystem, ulong cgroupId, Action<string> log)
    {
        if (BypassStore.Find(bpfFileSystem, PolicyFolder.StoreName) is not { } policies)
        {
            return;
        }

        using CgroupDirectory root = CgroupHierarchy.Open(CgroupHierarchy.FindRoot());
        if (cgroupId != root.Id)
        {
            return;
        }

        foreach (PolicyFolder folder in policies.ListNames().Select(name => new PolicyFolder(policies.FolderOf(name))).Where(static folder => folder.MissingPins.Count == 0))
        {
            try
            {
                AttachLast(folder, log);
            }
            catch (BpfException e) when (e.Errno == Errno.ENOENT)
            {
                log($"Policy '{folder.Name}' is being removed.");
            }
        }
    }

    /// <summary>Has packets pass the program that judges them where a set needs it.</summary>
    public static void JudgeIngress(PolicyFolder folder, PolicyConfig config, RuleSet set, Action<string> log)
    {
        if (!set.JudgesIngress || BpfFileSystem.Exists(folder.ReceiveLink))
        {
            return;
        }

        string path = config.CgroupId == 0 ? CgroupHierarchy.FindRoot() : CgroupHierarchy.FindPath(config.CgroupId) ?? CgroupHierarchy.FindRoot();
        using CgroupDirectory cgroup = CgroupHierarchy.Open(path);
        using BpfProgram receive = BpfProgram.OpenPinned(folder.Receive);
        using BpfLink link = BpfLink.CreateCgroup(receive, cgroup.Handle, BpfAttachType.CgroupInetIngress);
        link.Pin(folder.ReceiveLink);
        log($"Attached cgroup_skb of policy '{folder.Name}' to cgroup {cgroup.Path}: data that comes is judged.");
    }

    /// <summary>Has packets pass no program any more where a set does not need it.</summary>
    public static void LeaveIngress(PolicyFolder folder, RuleSet set, Action<string> log)
    {
        if (!set.JudgesIngress && Detach(folder.ReceiveLink))
        {
            log($"Detached cgroup_skb of policy '{folder.Name}': no data that comes is judged.");
        }
    }

    /// <summary>Detaches all; nothing where nothing is attached.</summary>
    public static void DetachAll(PolicyFolder folder)
    {
        Detach(folder.NextEnrollLink);
        Detach(folder.EnrollLink);
        Detach(folder.ReceiveLink);
    }

    private static bool Detach(string pin)
    {
        using BpfLink? link = BypassFolder.TryOpenLink(pin);
        if (link is null)
        {
            return false;
        }

        // Removing the pin would not do: the kernel detaches a little later then, or not while somebody holds the link.
        link.Detach();
        BpfFileSystem.RemovePin(pin);
        return true;
    }
}
