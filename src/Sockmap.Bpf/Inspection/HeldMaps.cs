namespace Sockmap.Bpf.Inspection;

/// <summary>Tells which maps some process has open, so that what processes left behind that were killed can be told from what is in use.</summary>
public static class HeldMaps
{
    // PROC_PID_INIT_INO of include/linux/proc_ns.h: the first PID namespace has this number on every kernel.
    private const string FirstPidNamespace = "pid:[4026531836]";

    /// <summary>The ids of all maps that processes have open by a descriptor. Pins, programs and maps of maps do not count.</summary>
    /// <param name="log">Takes a line that tells why there is no answer.</param>
    /// <returns>
    /// Null where it cannot be told for certain: the kernel's iterator over open files cannot be used, or this process is in a PID namespace
    /// of its own, so that it does not see all processes.
    /// </returns>
    public static IReadOnlySet<uint>? TryFind(Action<string>? log = null)
    {
        try
        {
            if (!string.Equals(new FileInfo("/proc/self/ns/pid").LinkTarget, FirstPidNamespace, StringComparison.Ordinal))
            {
                log?.Invoke("This process does not see all processes, so it is not known which maps are in use.");
                return null;
            }

            return HolderTable.FromIterator().Ids(ObjectKind.Map).ToHashSet();
        }
        catch (Exception exception) when (HolderTable.IsUnavailable(exception))
        {
            log?.Invoke($"The iterator over open files cannot be used, so it is not known which maps are in use: {exception.Message}");
            return null;
        }
    }
}
