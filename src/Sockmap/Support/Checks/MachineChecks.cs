using Sockmap.Bpf.Features;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Cgroups;

namespace Sockmap.Support.Checks;

/// <summary>What this process and this machine bring along: privileges and mounts.</summary>
internal static class MachineChecks
{
    private const string KnownFileSystems = "/proc/filesystems";
    private const string BpfFileSystemType = "bpf";

    public static Finding Privileges()
    {
        IReadOnlyList<string> missing = Support.Privileges.Missing(ProcessCapabilities.Read());
        return missing.Count == 0
            ? Finding.Supported($"The process has {Support.Privileges.Needed}, or CAP_SYS_ADMIN for them.")
            : Finding.Unsupported($"The process lacks {string.Join(", ", missing)}.", $"Run as root, or give it {Support.Privileges.Needed}.");
    }

    public static Finding CgroupMount(string? cgroup)
    {
        if (CgroupHierarchy.TryFindRoot() is not { } root)
        {
            return Finding.Unsupported("No cgroup v2 hierarchy is mounted.", "Mount one: mount -t cgroup2 none /sys/fs/cgroup/unified.");
        }

        if (cgroup is null)
        {
            return Finding.Supported($"A cgroup v2 hierarchy is mounted at {root}.");
        }

        try
        {
            using CgroupDirectory directory = CgroupDirectory.Open(cgroup);
            return Finding.Supported($"'{cgroup}' is a cgroup of the v2 hierarchy that is mounted at {root}.");
        }
        catch (Bpf.BpfException e)
        {
            return Finding.Unsupported(e.Message, $"Name a folder below {root}.");
        }
    }

    public static Finding BpfFileSystem()
    {
        const string Place = Bpf.Pinning.BpfFileSystem.StandardMountPoint;
        const string Remedy = $"Mount one as root: mount -t bpf bpf {Place}.";
        MountEntry? top = MountTable.Read().LastOrDefault(static mount => string.Equals(mount.MountPoint, Place, StringComparison.Ordinal));
        if (top is not null)
        {
            return string.Equals(top.FileSystemType, BpfFileSystemType, StringComparison.Ordinal)
                ? Finding.Supported($"A bpffs is mounted at {Place}.")
                : Finding.Unsupported($"A file system of type {top.FileSystemType} is mounted at {Place}.", $"Unmount it, then mount a bpffs there: mount -t bpf bpf {Place}.");
        }

        if (!KnowsBpfFileSystem())
        {
            return Finding.Unsupported($"Nothing is mounted at {Place}, and the kernel has no bpffs ({KnownFileSystems}).", "Use a kernel with CONFIG_BPF_SYSCALL.");
        }

        if (!Directory.Exists(Place))
        {
            return Finding.Unsupported($"{Place} does not exist.", "Mount sysfs: mount -t sysfs none /sys.");
        }

        return ProcessCapabilities.Read().Has(LinuxCapability.SysAdmin)
            ? Finding.Supported($"Nothing is mounted at {Place} yet; installing mounts a bpffs there.")
            : Finding.Unsupported($"Nothing is mounted at {Place}, and mounting needs CAP_SYS_ADMIN.", Remedy);
    }

    // A line is "nodev<tab>bpf".
    private static bool KnowsBpfFileSystem() =>
        File.ReadLines(KnownFileSystems).Any(static line => string.Equals(line.Split('\t')[^1], BpfFileSystemType, StringComparison.Ordinal));
}
