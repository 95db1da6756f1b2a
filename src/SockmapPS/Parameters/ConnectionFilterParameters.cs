using System.Management.Automation;
using Sockmap.Cgroups;
using Sockmap.Entries;

namespace SockmapPS.Parameters;

/// <summary>Makes the library's filter of the parameters.</summary>
internal static class ConnectionFilterParameters
{
    // /proc/PID/comm: TASK_COMM_LEN (include/linux/sched.h) without its end.
    private const int LongestName = 15;

    /// <summary>Whether any of them was given.</summary>
    public static bool IsGiven(this IConnectionFilter given) =>
        given.LocalPort.Length + given.RemotePort.Length + given.Port.Length + given.Address.Length
            + given.ProcessName.Length + given.ProcessId.Length + given.Cgroup.Length > 0;

    /// <param name="given">The parameters.</param>
    /// <param name="resolveFolder">Makes a full path of one that was typed.</param>
    /// <param name="states">TCP states; all where it is empty.</param>
    /// <exception cref="Sockmap.Bypasses.BypassException">A cgroup is not there, or is none.</exception>
    public static EntryFilter ToFilter(this IConnectionFilter given, Func<string, string> resolveFolder, IReadOnlyList<SocketState> states) => new()
    {
        LocalPorts = given.LocalPort,
        RemotePorts = given.RemotePort,
        Ports = given.Port,
        Addresses = given.Address,
        ProcessNames = [.. given.ProcessName.Select(ToMatch)],
        ProcessIds = given.ProcessId,
        Cgroups = [.. given.Cgroup.Select(path => CgroupHierarchy.Resolve(resolveFolder(path)))],
        States = states,
    };

    /// <summary>The kernel cuts long names off, so that what is written out in full is cut off as well.</summary>
    private static Func<string, bool> ToMatch(string pattern)
    {
        string name = !WildcardPattern.ContainsWildcardCharacters(pattern) && pattern.Length > LongestName ? pattern[..LongestName] : pattern;
        return new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch;
    }
}
