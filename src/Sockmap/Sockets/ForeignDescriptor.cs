using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Interop;

namespace Sockmap.Sockets;

/// <summary>Takes a copy of a socket's descriptor out of another process.</summary>
public static class ForeignDescriptor
{
    private const string YamaScope = "/proc/sys/kernel/yama/ptrace_scope";

    /// <summary>
    /// A copy of a process's descriptor (pidfd_getfd(2)), of which it is made sure that it is the socket that was meant:
    /// the process may have closed it and used its number again since it was listed.
    /// </summary>
    /// <param name="processId">The process, as this process's PID namespace numbers it; may be this process.</param>
    /// <param name="descriptor">The descriptor's number there.</param>
    /// <param name="cookie">The socket's cookie (SO_COOKIE), as it was listed.</param>
    /// <exception cref="SocketAccessException">The process or descriptor is gone or another one, or the process may not.</exception>
    public static SafeSocketDescriptor Open(int processId, int descriptor, ulong cookie)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(processId);
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor);
        if (cookie == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(cookie), cookie, "0 is no socket's cookie, so that the socket could not be told from another.");
        }

        SafeSocketDescriptor socket = processId == Environment.ProcessId ? OpenOwn(descriptor) : OpenOther(processId, descriptor);
        try
        {
            Check(socket, processId, descriptor, cookie);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SafeSocketDescriptor OpenOwn(int descriptor)
    {
        int copy = SocketCalls.DuplicateDescriptor(descriptor);
        return copy >= 0
            ? new SafeSocketDescriptor(copy)
            : throw Explain(-copy, Environment.ProcessId, descriptor, "Duplicating a descriptor (fcntl F_DUPFD_CLOEXEC)");
    }

    private static SafeSocketDescriptor OpenOther(int processId, int descriptor)
    {
        int process = SocketCalls.PidfdOpen(processId);
        if (process < 0)
        {
            throw Explain(-process, processId, descriptor, "pidfd_open");
        }

        // A pidfd is no socket, but releasing it is the same.
        using SafeSocketDescriptor pidfd = new(process);
        int copy = SocketCalls.PidfdGetfd(pidfd, descriptor);
        return copy >= 0 ? new SafeSocketDescriptor(copy) : throw Explain(-copy, processId, descriptor, "pidfd_getfd");
    }

    private static void Check(SafeSocketDescriptor socket, int processId, int descriptor, ulong expected)
    {
        ulong actual;
        try
        {
            actual = SocketQuery.GetCookie(socket);
        }
        catch (SocketAccessException e) when (e.Error == SocketAccessError.NotASocket)
        {
            throw new SocketAccessException(
                SocketAccessError.DescriptorReused,
                $"Descriptor {descriptor} of process {processId} is no socket any more: the process has closed the socket and used the number again. List again.",
                e);
        }

        if (actual != expected)
        {
            throw new SocketAccessException(
                SocketAccessError.DescriptorReused,
                $"Descriptor {descriptor} of process {processId} is another socket by now (cookie {actual}, not {expected}): the process has closed the first one and used the number again. List again.");
        }
    }

    private static SocketAccessException Explain(int errno, int processId, int descriptor, string call)
    {
        string operation = string.Create(CultureInfo.InvariantCulture, $"{call}, process {processId}, descriptor {descriptor}");
        (SocketAccessError error, string message) = errno switch
        {
            // A zombie's descriptors are gone, and a thread's id is no process's (EINVAL; ENOENT since 6.9).
            Errno.ESRCH or Errno.ENOENT or Errno.EINVAL => (SocketAccessError.ProcessNotFound, $"There is no process {processId}: it has ended since it was listed."),
            Errno.EBADF => (SocketAccessError.DescriptorClosed, $"Process {processId} has no descriptor {descriptor}: it has closed it since it was listed."),
            Errno.EPERM or Errno.EACCES => (SocketAccessError.PermissionDenied, $"This process may not take descriptor {descriptor} of process {processId}. {WhoForbids()}"),
            Errno.ENOSYS => (SocketAccessError.KernelUnsupported, $"The system call {call} is missing: Linux 5.6 has it, and a container's seccomp profile must let it through. Let process {processId} send its descriptor over a UNIX socket (SCM_RIGHTS) instead."),
            _ => (SocketAccessError.KernelRefused, $"Descriptor {descriptor} of process {processId} could not be copied: {Errno.Describe(errno)}."),
        };
        return SocketAccessException.Of(error, message, operation, errno);
    }

    // Documentation/admin-guide/LSM/Yama.rst
    private static string WhoForbids()
    {
        const string Privilege = "It needs CAP_SYS_PTRACE over that process (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS): run as root on the host, or let the process send its descriptor over a UNIX socket (SCM_RIGHTS)";
        return ReadYamaScope() switch
        {
            3 => $"{YamaScope} is 3: nobody may until the machine starts anew with a lower value. Let the process send its descriptor over a UNIX socket (SCM_RIGHTS) instead.",
            { } scope and > 0 => $"{Privilege}. {YamaScope} is {scope}, so that being the same user is not enough; 0 lets that do.",
            _ => $"{Privilege}.",
        };
    }

    private static int? ReadYamaScope()
    {
        try
        {
            return int.Parse(File.ReadAllText(YamaScope).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // No Yama in this kernel, or /proc/sys is hidden: there is nothing to say about it.
            return null;
        }
    }
}
