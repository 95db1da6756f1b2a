using System.Globalization;

namespace Sockmap.Bpf.Maps;

/// <summary>The CPUs that may ever be there. A per-CPU value has one part for each of them (Documentation/bpf/map_array.rst).</summary>
public static class PossibleCpus
{
    private const string Path = "/sys/devices/system/cpu/possible";

    /// <summary>How many possible CPUs there are.</summary>
    /// <exception cref="InvalidDataException">The kernel's list cannot be understood.</exception>
    /// <exception cref="IOException">The list cannot be read (is sysfs mounted?).</exception>
    public static int Count() => CountIn(File.ReadAllText(Path));

    /// <summary>How many CPUs a list such as <c>0-3,8</c> names.</summary>
    internal static int CountIn(string list)
    {
        int count = 0;
        foreach (string range in list.Trim().Split(','))
        {
            string[] ends = range.Split('-');
            if (ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                || last < first)
            {
                throw new InvalidDataException($"'{list.Trim()}' is not a list of CPUs such as '0-3,8' ({Path}).");
            }

            count += last - first + 1;
        }

        return count;
    }
}
