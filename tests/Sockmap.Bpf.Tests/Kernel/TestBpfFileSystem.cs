using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>A bpffs of its own in a temporary directory.</summary>
public sealed class TestBpfFileSystem : IDisposable
{
    private const int MNT_DETACH = 2;

    public TestBpfFileSystem()
    {
        Root = Directory.CreateTempSubdirectory("sockmap-bpffs-").FullName;
        int result = Syscalls.Mount("bpf", Root, "bpf", 0, null);
        if (result < 0)
        {
            Directory.Delete(Root);
            throw new BpfException($"Mounting a bpffs at '{Root}'", -result);
        }
    }

    public string Root { get; }

    public string PathOf(string name) => Path.Combine(Root, name);

    public void Dispose()
    {
        Assert.Equal(0, Syscalls.Umount(Root, MNT_DETACH));
        Directory.Delete(Root);
    }
}
