using System.Runtime.InteropServices;

namespace Sockmap.Traffic.Interop;

/// <summary>A system call failed; keeps its name and errno.</summary>
public sealed class SystemCallException : Exception
{
    public SystemCallException(string call, int errno)
        : base($"{call} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
    {
        Call = call;
        Errno = errno;
    }

    public string Call { get; }

    public int Errno { get; }
}
