namespace Sockmap.TestKit.Observation;

/// <summary>A line of /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
public sealed record MountEntry(string MountPoint, string FileSystem)
{
    public static IReadOnlyList<MountEntry> ReadAll()
    {
        List<MountEntry> entries = [];
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            // Optional fields end with a lone dash; the type follows it.
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", 6);
            entries.Add(new MountEntry(Unescape(fields[4]), fields[dash + 1]));
        }

        return entries;
    }

    private static string Unescape(string text) => text
        .Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);
}
