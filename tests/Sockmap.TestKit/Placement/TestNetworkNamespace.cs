using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Sockmap.TestKit.Interop;

namespace Sockmap.TestKit.Placement;

/// <summary>
/// A network namespace of the test's own, with its loopback up, kept by a file so that other processes can join it. Dispose
/// lets it go; the kernel removes it with its interfaces when the last socket in it is gone.
/// </summary>
public sealed class TestNetworkNamespace : IDisposable
{
    private const string OwnLink = "/proc/thread-self/ns/net";

    private readonly string _link;
    private bool _disposed;

    private TestNetworkNamespace(string path, string link)
    {
        Path = path;
        _link = link;
    }

    /// <summary>The file to setns(2) to.</summary>
    public string Path { get; }

    public static TestNetworkNamespace Create()
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), TestNames.Next("netns"));
        File.WriteAllBytes(path, []);
        string link;
        try
        {
            link = OnThread(() =>
            {
                Errors.Check(LibC.unshare(LibC.CLONE_NEWNET), "unshare(CLONE_NEWNET)");
                Errors.Check(LibC.mount(OwnLink, path, null, LibC.MS_BIND, null), $"mount(MS_BIND, {path})");
                return new FileInfo(OwnLink).LinkTarget!;
            });
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        var created = new TestNetworkNamespace(path, link);
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

    /// <summary>
    /// Runs on a thread of its own in this namespace: sockets made and /proc/sys/net read there are its. Only that: what
    /// waits, or is asynchronous, makes .NET start threads of its pool from here, which <see cref="Dispose"/> throws for.
    /// </summary>
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

    /// <summary>A TCP socket of this namespace, wherever it is used.</summary>
    public Socket CreateSocket(AddressFamily family = AddressFamily.InterNetwork) => Run(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    /// <summary>The command that runs one here: nsenter(1), with its arguments before the command's.</summary>
    public (string Command, IReadOnlyList<string> Arguments) Enter(string command, params IEnumerable<string> arguments) =>
        ("nsenter", ["--net=" + Path, "--", command, .. arguments]);

    /// <summary>Runs ip(8) here, one command for each line.</summary>
    public void Ip(params string[] lines) => Tool.Run(Enter("ip", "-batch", "-"), string.Join('\n', lines) + "\n");

    /// <summary>Gives nft(8) rules here; they go with the namespace.</summary>
    public void Nft(string rules) => Tool.Run(Enter("nft", "-f", "-"), rules + "\n");

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

    /// <exception cref="InvalidOperationException">Threads of this process would stay in it.</exception>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Errors.Check(LibC.umount2(Path, LibC.MNT_DETACH), $"umount2({Path})");
        File.Delete(Path);
        NamespaceThreads.ThrowWhereSomeStay(_link);
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
