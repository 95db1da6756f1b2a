using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Pinning;

public sealed class MountTableTests
{
    [Fact]
    public void A_line_is_understood_with_optional_fields_and_escapes()
    {
        MountEntry entry = Assert.Single(MountTable.Parse("36 35 98:0 /mnt1 /mnt\\0402\\134x\\303\\251 rw,noatime master:1 shared:2 - ext3 /dev/my\\011disk rw,errors=continue\n"));
        Assert.Equal((36, 35, "98:0", "/mnt1"), (entry.MountId, entry.ParentId, entry.Device, entry.Root));
        Assert.Equal("/mnt 2\\xé", entry.MountPoint);
        Assert.Equal(["rw", "noatime"], entry.Options);
        Assert.Equal(("ext3", "/dev/my\tdisk"), (entry.FileSystemType, entry.Source));
        Assert.Equal(["rw", "errors=continue"], entry.SuperOptions);
    }

    [Theory]
    [InlineData("36 35 98:0 / /mnt rw")]
    [InlineData("x 35 98:0 / /mnt rw - ext3 none rw")]
    [InlineData("36 35 98:0 / /mnt rw - ext3")]
    [InlineData("-")]
    public void What_is_no_line_of_mountinfo_is_refused(string line) => Assert.Throws<InvalidDataException>(() => MountTable.Parse(line));

    [Fact]
    public void The_mounts_of_this_process_are_read()
    {
        using TestBpfFileSystem bpffs = new();
        Assert.Contains(MountTable.Read(), static mount => string.Equals(mount.MountPoint, "/proc", StringComparison.Ordinal) && string.Equals(mount.FileSystemType, "proc", StringComparison.Ordinal));
        Assert.Contains(BpfFileSystem.FindMounts(), mount => string.Equals(mount.MountPoint, bpffs.Root, StringComparison.Ordinal));
    }
}
