using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>A thread that calls a blocking recv(2) once. The socket's receive timeout ends it at the latest.</summary>
internal sealed class BlockedReader : IDisposable
{
    private const string ThreadStatus = "/proc/thread-self/stat";
    private const int TimeoutMilliseconds = 1000;
    private const char Asleep = 'S';

    private readonly Thread _thread;
    private SafeFileHandle? _status;
    private volatile bool _isReading;
    private int _result;

    private BlockedReader(Socket socket, int length, int flags)
    {
        socket.ReceiveTimeout = TimeoutMilliseconds;
        SafeSocketHandle handle = socket.SafeHandle;
        _thread = new Thread(() => Read(handle, length, flags)) { IsBackground = true, Name = "sockmap experiment" };
    }

    /// <summary>What recv(2) returned: bytes, or the negative error number. Waits for it.</summary>
    public int Result
    {
        get
        {
            _thread.Join();
            return _result;
        }
    }

    public static BlockedReader Start(Socket socket, int length, int flags)
    {
        BlockedReader reader = new(socket, length, flags);
        reader._thread.Start();
        return reader;
    }

    /// <summary>Waits until the thread sleeps in the kernel, or recv(2) has returned.</summary>
    /// <returns>False when neither happened within the time that the reader waits.</returns>
    public bool WaitUntilAsleepOrDone()
    {
        for (long end = Environment.TickCount64 + TimeoutMilliseconds; Environment.TickCount64 < end; Thread.Sleep(1))
        {
            if (!_thread.IsAlive || (_isReading && IsAsleep()))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Waits until recv(2) has returned.</summary>
    /// <returns>False when it had not in time.</returns>
    public bool WaitUntilDone(TimeSpan time) => _thread.Join(time);

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.Join();
        _status?.Dispose();
    }

    private void Read(SafeSocketHandle socket, int length, int flags)
    {
        byte[] buffer = new byte[length];
        _status = File.OpenHandle(ThreadStatus);
        _isReading = true;
        _result = SocketCalls.Recv(socket, buffer, flags);
    }

    /// <summary>The letter after the name in parentheses (proc_pid_stat(5)); a thread that has ended has none.</summary>
    private bool IsAsleep()
    {
        Span<byte> text = stackalloc byte[256];
        string line;
        try
        {
            line = Encoding.ASCII.GetString(text[..RandomAccess.Read(_status!, text, fileOffset: 0)]);
        }
        catch (IOException)
        {
            // ESRCH: the thread has ended since it was asked.
            return false;
        }

        int name = line.LastIndexOf(')');
        return name >= 0 && line.Length > name + 2 && line[name + 2] == Asleep;
    }
}
