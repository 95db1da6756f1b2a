using System.Runtime.ExceptionServices;
using Sockmap.TestKit.Interop;

namespace Sockmap.TestKit.Placement;

/// <summary>
/// A network namespace of the test's own, with its loopback up, kept by a file so that other processes can join it. Dispose
/// lets it go; the kernel removes it with its interfaces when the last socket in it is gone.
/// </summary>
public sealed class TestNetworkNamespace : IDisposable
{
    private bool _disposed;

    private TestNetworkNamespace(string path) => Path = path;

    /// <summary>The file to setns(2) to.</summary>
    public string Path { get; }

    public static TestNetworkNamespace Create()
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), TestNames.Next("netns"));
        File.WriteAllBytes(path, []);
        try
        {
            OnThread(() =>
            {
                Errors.Check(LibC.unshare(LibC.CLONE_NEWNET), "unshare(CLONE_NEWNET)");
                Errors.Check(LibC.mount("/proc/thread-self/ns/net", path, null, LibC.MS_BIND, null), $"mount(MS_BIND, {path})");
                return 0;
            });
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        var created = new TestNetworkNamespace(path);
        try
        {
            created.Ip("link set lo up");
        }
        catch
        {
            created.Dispose();
            throw;
        }

        return created;
    }

    /// <summary>Runs on a thread of its own in this namespace: sockets made, processes started and /proc/sys/net read there are its.</summary>
    public void Run(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Run(() =>
        {
            action();
            return 0;
        });
    }

    /// <inheritdoc cref="Run(Action)"/>
    public T Run<T>(Func<T> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return OnThread(() =>
        {
            int descriptor = LibC.open(Path, LibC.O_CLOEXEC);
            Errors.Check(descriptor, $"open({Path})");
            int result = LibC.setns(descriptor, LibC.CLONE_NEWNET);
            Exception? error = result < 0 ? Errors.Failed($"setns({Path})") : null;
            _ = LibC.close(descriptor);
            return error is null ? function() : throw error;
        });
    }

    /// <summary>Runs ip(8) here, one command for each line.</summary>
    public void Ip(params string[] lines) => Run(() => Tool.Run("ip", ["-batch", "-"], string.Join('\n', lines) + "\n"));

    /// <summary>Gives nft(8) rules here; they go with the namespace.</summary>
    public void Nft(string rules) => Run(() => Tool.Run("nft", ["-f", "-"], rules + "\n"));

    /// <summary>Reads a setting below /proc/sys, such as net/ipv4/tcp_fastopen.</summary>
    public string GetSysctl(string name) => Run(() => File.ReadAllText("/proc/sys/" + name).Trim());

    /// <summary>Writes a setting below /proc/sys/net of this namespace.</summary>
    public void SetSysctl(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!name.StartsWith("net/", StringComparison.Ordinal))
        {
            throw new ArgumentException($"{name} is not the namespace's own; only what is below net/ is.", nameof(name));
        }

        Run(() => File.WriteAllText("/proc/sys/" + name, value));
    }

    /// <summary>Fast open for both ends, with data in the very first SYN (client, server, and neither asks for a cookie).</summary>
    public void EnableFastOpen() => SetSysctl("net/ipv4/tcp_fastopen", "519");

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Errors.Check(LibC.umount2(Path, LibC.MNT_DETACH), $"umount2({Path})");
        File.Delete(Path);
    }

    // Never a pool thread: it would stay in the namespace.
    private static T OnThread<T>(Func<T> function)
    {
        T? value = default;
        ExceptionDispatchInfo? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                value = function();
            }
            catch (Exception e)
            {
                error = ExceptionDispatchInfo.Capture(e);
            }
        })
        { IsBackground = true };
        thread.Start();
        thread.Join();
        error?.Throw();
        return value!;
    }
}
