using System.Runtime.InteropServices;

namespace Sockmap.Traffic.Interop;

/// <summary>Puts this process into a cgroup and a thread into a network namespace. Both hold only for sockets made afterwards.</summary>
internal static class Placement
{
    public static void JoinCgroup(string directory) =>
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static void JoinNetworkNamespace(string path)
    {
        int descriptor = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC);
        if (descriptor < 0)
        {
            throw new SystemCallException($"open({path})", Marshal.GetLastPInvokeError());
        }

        int result = LibC.setns(descriptor, LibC.CLONE_NEWNET);
        int errno = Marshal.GetLastPInvokeError();
        _ = LibC.close(descriptor);
        if (result < 0)
        {
            throw new SystemCallException($"setns({path}, CLONE_NEWNET)", errno);
        }
    }
}
