using Sockmap.TestKit.Interop;

namespace Sockmap.TestKit.Placement;

/// <summary>A bpffs of the test's own. Dispose unmounts it, and with it go the pins.</summary>
public sealed class TestBpfFileSystem : IDisposable
{
    private bool _disposed;

    private TestBpfFileSystem(string path) => Path = path;

    public string Path { get; }

    public static TestBpfFileSystem Mount()
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), TestNames.Next("bpffs"));
        Directory.CreateDirectory(path);
        if (LibC.mount("bpf", path, "bpf", 0, "mode=0700") < 0)
        {
            Exception error = Errors.Failed($"mount(bpf, {path})");
            Directory.Delete(path);
            throw error;
        }

        return new TestBpfFileSystem(path);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Errors.Check(LibC.umount2(Path, LibC.MNT_DETACH), $"umount2({Path})");
        Directory.Delete(Path);
    }
}
