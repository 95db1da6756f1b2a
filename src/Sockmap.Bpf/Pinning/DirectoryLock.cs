using System.Diagnostics;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Pinning;

/// <summary>
/// An exclusive lock on a directory (flock(2)) among processes that ask for it. It ends when it is disposed of or the process ends.
/// </summary>
public sealed class DirectoryLock : IDisposable
{
    // flock(2) that waits cannot be cancelled, so ask again and again.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly SafeBpfHandle handle;

    private DirectoryLock(SafeBpfHandle handle, string path)
    {
        this.handle = handle;
        Path = path;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Locks a directory, waiting for whoever holds it.</summary>
    /// <param name="path">The directory; reading it must be allowed.</param>
    /// <param name="timeout">How long to wait; zero for one try, <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <exception cref="TimeoutException">Another process holds it still.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="BpfException">The directory cannot be opened.</exception>
    public static DirectoryLock Acquire(string path, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        SafeBpfHandle opened = DirectoryDescriptor.Open(path, "Locking a directory");
        try
        {
            using DescriptorLease lease = new(opened);
            long start = Stopwatch.GetTimestamp();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int result = Syscalls.Flock(lease.Descriptor, Constants.LOCK_EX | Constants.LOCK_NB);
                if (result >= 0)
                {
                    return new DirectoryLock(opened, path);
                }

                if (result is not (-Errno.EAGAIN or -Errno.EINTR))
                {
                    throw new BpfException($"Locking directory '{path}'", -result);
                }

                if (timeout != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(start) >= timeout)
                {
                    throw new TimeoutException($"Directory '{path}' is locked by another process, and was after {timeout.TotalSeconds:0.###} s. Wait for it to end, or find it with 'lsof'.");
                }

                cancellationToken.WaitHandle.WaitOne(Pause);
            }
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Gives the directory free.</summary>
    public void Dispose() => handle.Dispose();
}
