using Sockmap.Bpf.Links;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Links;

public sealed class CgroupDirectoryTests
{
    [Fact]
    public void The_id_leads_to_the_path_until_the_cgroup_is_gone()
    {
        using TestCgroup cgroup = new();
        ulong id;
        using (CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath))
        {
            id = directory.Id;
        }

        Assert.Equal(cgroup.DirectoryPath, CgroupDirectory.FindPath(id, cgroup.MountRoot));
        cgroup.Dispose();
        Assert.Null(CgroupDirectory.FindPath(id, cgroup.MountRoot));
    }

    [Fact]
    public void An_open_cgroup_that_was_removed_is_not_found()
    {
        using TestCgroup cgroup = new();
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath);
        cgroup.Dispose();
        Assert.Null(CgroupDirectory.FindPath(directory.Id, cgroup.MountRoot));
    }

    [Theory]
    [InlineData("/no/such/cgroup", "ENOENT", "does not exist")]
    [InlineData("/etc/passwd", "ENOTDIR", "is not a directory")]
    [InlineData("/tmp", "EBADF", "is not on a cgroup2 file system")]
    public void What_is_no_cgroup_is_told_apart(string path, string errno, string words)
    {
        BpfException exception = Assert.Throws<BpfException>(() => CgroupDirectory.Open(path));
        Assert.Equal(errno, exception.ErrnoName);
        Assert.Contains($"'{path}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }
}
