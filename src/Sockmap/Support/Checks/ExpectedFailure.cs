using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses;

namespace Sockmap.Support.Checks;

/// <summary>Which exceptions a machine can cause; every other one is a fault of ours and is not hidden.</summary>
internal static class ExpectedFailure
{
    /// <summary>Whether a check that ended with it is simply not known.</summary>
    public static bool Is(Exception exception) => exception
        is BpfException
        or BpfRelocationException
        or BypassException
        or SocketException
        or IOException
        or InvalidDataException
        or UnauthorizedAccessException;

    /// <summary>Whether the kernel judged the program; what a privilege forbade says nothing about the kernel.</summary>
    public static bool IsRefusal(Exception exception) =>
        exception is VerifierException or BpfRelocationException or UnsupportedFeatureException
        || exception is BpfException { Errno: not (Errno.EPERM or Errno.EACCES) };
}
