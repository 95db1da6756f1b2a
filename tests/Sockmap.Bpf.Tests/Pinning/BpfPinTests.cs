using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Pinning;

public sealed class BpfPinTests
{
    [Fact]
    public void An_object_is_pinned_by_its_id_and_never_over_another()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap map = TestObjects.Map(BpfMapType.Array);
        using BpfProgram program = TestObjects.SkMsg();
        uint id = map.GetInfo().Id;
        BpfPin.Create(ObjectKind.Map, id, bpffs.PathOf("map"));
        using (BpfMap opened = BpfMap.OpenPinned(bpffs.PathOf("map")))
        {
            Assert.Equal(id, opened.GetInfo().Id);
        }

        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => BpfPin.Create(ObjectKind.Program, program.GetInfo().Id, bpffs.PathOf("map"))).ErrnoName);
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => BpfPin.Create(ObjectKind.Map, uint.MaxValue, bpffs.PathOf("other"))).ErrnoName);
        Assert.Throws<ArgumentException>(() => BpfPin.Create(ObjectKind.Btf, 1, bpffs.PathOf("btf")));
        Assert.Throws<ArgumentException>(() => BpfPin.Create(ObjectKind.Map, id, "/tmp/map"));
        Assert.Throws<ArgumentException>(() => BpfPin.Create(ObjectKind.Map, id, bpffs.PathOf("a.b")));
    }

    [Fact]
    public void Folders_are_made_on_a_bpffs_only_and_only_when_asked_for()
    {
        using TestBpfFileSystem bpffs = new();
        string path = bpffs.PathOf("a/b/map");
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => BpfPin.PreparePath(path)).ErrnoName);
        BpfPin.PreparePath(path, createFolders: true);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(bpffs.PathOf("a/b")));
        Assert.Throws<ArgumentException>(() => BpfPin.PreparePath("/tmp/sockmap-no-such-folder/map", createFolders: true));
        Assert.False(Directory.Exists("/tmp/sockmap-no-such-folder"));
        Assert.Throws<ArgumentException>(() => BpfPin.PreparePath(bpffs.PathOf("a.b/map"), createFolders: true));
    }

    [Fact]
    public void Only_what_lies_on_a_bpffs_is_removed()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap map = TestObjects.Map(BpfMapType.Array);
        map.Pin(bpffs.PathOf("map"));
        string folder = Directory.CreateTempSubdirectory("sockmap-elsewhere-").FullName;
        try
        {
            File.WriteAllText(folder + "/file", "");
            File.CreateSymbolicLink(folder + "/link", bpffs.PathOf("map"));
            foreach (string path in new[] { folder, folder + "/file", folder + "/link", bpffs.Root })
            {
                Assert.Contains("is left alone", Assert.Throws<ArgumentException>(() => BpfPin.Remove(path, recurse: true)).Message, StringComparison.Ordinal);
            }

            Assert.True(File.Exists(folder + "/file") && File.Exists(folder + "/link") && File.Exists(bpffs.PathOf("map")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        BpfPin.Remove(bpffs.PathOf("map"));
        Assert.False(File.Exists(bpffs.PathOf("map")));
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => BpfPin.Remove(bpffs.PathOf("map"))).ErrnoName);
    }

    [Fact]
    public void A_folder_with_pins_goes_only_with_all_in_it()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap map = TestObjects.Map(BpfMapType.Array);
        BpfFileSystem.CreateDirectory(bpffs.PathOf("folder"));
        BpfFileSystem.CreateDirectory(bpffs.PathOf("folder/deeper"));
        map.Pin(bpffs.PathOf("folder/deeper/map"));
        Assert.Equal("ENOTEMPTY", Assert.Throws<BpfException>(() => BpfPin.Remove(bpffs.PathOf("folder"))).ErrnoName);
        BpfPin.Remove(bpffs.PathOf("folder"), recurse: true);
        Assert.False(Directory.Exists(bpffs.PathOf("folder")));
        BpfFileSystem.CreateDirectory(bpffs.PathOf("empty"));
        BpfPin.Remove(bpffs.PathOf("empty"));
        Assert.False(Directory.Exists(bpffs.PathOf("empty")));
    }

    [Fact]
    public void What_is_mounted_below_a_folder_is_not_walked_into() => TestMountNamespace.Run(() =>
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap map = TestObjects.Map(BpfMapType.Array);
        BpfFileSystem.CreateDirectory(bpffs.PathOf("folder"));
        BpfFileSystem.CreateDirectory(bpffs.PathOf("folder/mount"));
        map.Pin(bpffs.PathOf("folder/map"));
        Assert.Equal(0, Syscalls.Mount("tmpfs", bpffs.PathOf("folder/mount"), "tmpfs", 0, null));
        try
        {
            File.WriteAllText(bpffs.PathOf("folder/mount/file"), "");
            Assert.Contains("tmpfs", Assert.Throws<ArgumentException>(() => BpfPin.Remove(bpffs.PathOf("folder"), recurse: true)).Message, StringComparison.Ordinal);
            Assert.True(File.Exists(bpffs.PathOf("folder/mount/file")) && File.Exists(bpffs.PathOf("folder/map")));
        }
        finally
        {
            Assert.Equal(0, Syscalls.Umount(bpffs.PathOf("folder/mount"), 2));
        }
    });

    [Fact]
    public void The_standard_place_is_mounted_for_a_pin_below_it() => TestMountNamespace.Run(() =>
    {
        while (MountTable.Read().Any(static mount => mount.MountPoint == BpfFileSystem.StandardMountPoint))
        {
            Assert.Equal(0, Syscalls.Umount(BpfFileSystem.StandardMountPoint, 2));
        }

        BpfPin.PreparePath(BpfFileSystem.StandardMountPoint + "/sockmap-test-pin");
        Assert.True(BpfFileSystem.IsOnBpfFileSystem(BpfFileSystem.StandardMountPoint));
    });
}
