using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Pinning;

public sealed class BpfFileSystemTests
{
    [Fact]
    public void The_standard_mount_is_made_once_and_then_found() => TestMountNamespace.Run(static () =>
    {
        while (MountTable.Read().Any(static mount => string.Equals(mount.MountPoint, BpfFileSystem.StandardMountPoint, StringComparison.Ordinal)))
        {
            Assert.Equal(0, Syscalls.Umount(BpfFileSystem.StandardMountPoint, 0));
        }

        Assert.False(BpfFileSystem.IsOnBpfFileSystem(BpfFileSystem.StandardMountPoint));
        MountEntry made = BpfFileSystem.FindOrMountStandard();
        Assert.Equal("bpf", made.FileSystemType);
        Assert.Contains("mode=700", made.SuperOptions, StringComparer.Ordinal);
        Assert.Contains("nosuid", made.Options, StringComparer.Ordinal);
        Assert.True(BpfFileSystem.IsOnBpfFileSystem(BpfFileSystem.StandardMountPoint));
        Assert.Equal(made.MountId, BpfFileSystem.FindOrMountStandard().MountId);
    });

    [Fact]
    public void Nothing_is_mounted_over_something_else() => TestMountNamespace.Run(static () =>
    {
        Assert.Equal(0, Syscalls.Mount("none", BpfFileSystem.StandardMountPoint, "tmpfs", 0, null));
        BpfException exception = Assert.Throws<BpfException>(BpfFileSystem.FindOrMountStandard);
        Assert.Equal("EBUSY", exception.ErrnoName);
        Assert.Contains("tmpfs", exception.Message, StringComparison.Ordinal);
        Assert.Equal("tmpfs", MountTable.Read().Last(static mount => string.Equals(mount.MountPoint, BpfFileSystem.StandardMountPoint, StringComparison.Ordinal)).FileSystemType);
    });

    [Fact]
    public void A_folder_of_pins_is_published_exchanged_and_removed()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap first = TestObjects.Map(BpfMapType.Hash, name: "first");
        using BpfMap second = TestObjects.Map(BpfMapType.Hash, name: "second");
        BpfFileSystem.CreateDirectory(bpffs.PathOf("a"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(bpffs.PathOf("a")));
        BpfFileSystem.CreateDirectory(bpffs.PathOf("b"));
        first.Pin(bpffs.PathOf("a/map"));
        second.Pin(bpffs.PathOf("b/map"));

        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => BpfFileSystem.Rename(bpffs.PathOf("a"), bpffs.PathOf("b"))).ErrnoName);
        BpfFileSystem.Exchange(bpffs.PathOf("a"), bpffs.PathOf("b"));
        Assert.Equal(("second", "first"), (NameAt("a/map"), NameAt("b/map")));
        BpfFileSystem.Rename(bpffs.PathOf("a"), bpffs.PathOf("c"));
        Assert.Equal("second", NameAt("c/map"));
        Assert.False(BpfFileSystem.Exists(bpffs.PathOf("a")));
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => BpfFileSystem.Exchange(bpffs.PathOf("a"), bpffs.PathOf("b"))).ErrnoName);

        Assert.True(BpfFileSystem.RemovePin(bpffs.PathOf("b/map")));
        Assert.False(BpfFileSystem.RemovePin(bpffs.PathOf("b/map")));
        BpfFileSystem.CreateDirectory(bpffs.PathOf("c/deeper"));
        first.Pin(bpffs.PathOf("c/deeper/map"));
        File.CreateSymbolicLink(bpffs.PathOf("c/link"), bpffs.PathOf("b"));
        Assert.True(BpfFileSystem.RemoveDirectory(bpffs.PathOf("c")));
        Assert.False(BpfFileSystem.RemoveDirectory(bpffs.PathOf("c")));
        Assert.True(BpfFileSystem.Exists(bpffs.PathOf("b")));

        string NameAt(string path)
        {
            using BpfMap map = BpfMap.OpenPinned(bpffs.PathOf(path));
            return map.Name;
        }
    }

    [Fact]
    public void A_directory_elsewhere_is_left_alone()
    {
        string directory = Directory.CreateTempSubdirectory("sockmap-elsewhere-").FullName;
        try
        {
            Assert.Throws<ArgumentException>(() => BpfFileSystem.RemoveDirectory(directory));
            Assert.True(Directory.Exists(directory));
        }
        finally
        {
            Directory.Delete(directory);
        }
    }

    [Theory]
    [InlineData("sockmap", true)]
    [InlineData("a b-ü", true)]
    [InlineData("", false)]
    [InlineData("a.b", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    public void Names_are_valid_when_the_kernel_takes_them(string name, bool valid)
    {
        Assert.Equal(valid, BpfFileSystem.IsValidName(name));
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name is "..")
        {
            return;
        }

        using TestBpfFileSystem bpffs = new();
        Assert.Equal(valid, Syscalls.Mkdir(bpffs.PathOf(name), 448) == 0);
    }

    [Fact]
    public void A_name_has_at_most_255_bytes()
    {
        Assert.True(BpfFileSystem.IsValidName(new string('x', 255)));
        Assert.False(BpfFileSystem.IsValidName(new string('ü', 128)));
    }

    [Fact]
    public void A_path_for_a_pin_must_be_on_a_bpffs()
    {
        using TestBpfFileSystem bpffs = new();
        BpfFileSystem.ThrowIfInvalidPath(bpffs.PathOf("pin"));
        Assert.Throws<ArgumentException>(() => BpfFileSystem.ThrowIfInvalidPath("pin"));
        Assert.Throws<ArgumentException>(() => BpfFileSystem.ThrowIfInvalidPath(bpffs.PathOf("pin.1")));
        Assert.Throws<ArgumentException>(() => BpfFileSystem.ThrowIfInvalidPath(bpffs.PathOf("none/pin")));
        Assert.Contains("/tmp", Assert.Throws<ArgumentException>(() => BpfFileSystem.ThrowIfInvalidPath("/tmp/pin")).Message, StringComparison.Ordinal);
    }
}
