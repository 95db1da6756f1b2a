using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Sockets;

namespace Sockmap.Proxies.Interop;

/// <summary>A process that stays the same whatever becomes of its number (pidfd_open(2)).</summary>
internal sealed partial class SafeProcess : IDisposable
{
    // include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl number it alike.
    private const int SYS_pidfd_send_signal = 424;
    private const int SIGTERM = 15;

    private readonly SafeSocketDescriptor _descriptor;
    private readonly int _process;
    private readonly string _proxy;

    private SafeProcess(SafeSocketDescriptor descriptor, int process, string proxy)
    {
        _descriptor = descriptor;
        _process = process;
        _proxy = proxy;
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="BypassException">It is not there.</exception>
    public static SafeProcess Open(int process, string proxy)
    {
        int result = SocketCalls.PidfdOpen(process);
        return result >= 0
            ? new SafeProcess(new SafeSocketDescriptor(result), process, proxy)
            : throw Failed(process, proxy, -result);
    }

    /// <summary>Sends it SIGTERM. One that has ended is none the worse for it.</summary>
    /// <exception cref="BypassException">That is not allowed.</exception>
    public void Terminate()
    {
        int result = ProxyCalls.Result((int)SendSignalNative(SYS_pidfd_send_signal, _descriptor, SIGTERM, 0, 0));
        if (result is < 0 and not -Errno.ESRCH)
        {
            throw Failed(_process, _proxy, -result);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    private static BypassException Failed(int process, string proxy, int errno)
    {
        BpfException cause = new(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Telling process {process} of proxy '{proxy}' to stop"), errno);
        return new BypassException(
            errno == Errno.EPERM ? BypassError.PermissionDenied : BypassError.ProxyNotStopped,
            $"{cause.Message}: do it as the user who started it, and in the same PID namespace.",
            cause);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SendSignalNative(nint number, SafeHandle process, int signal, nint info, uint flags);
}
