using Sockmap.Bypasses;

namespace Sockmap.Measuring.Workloads;

/// <summary>Finds programs that packages have installed.</summary>
internal static class InstalledPrograms
{
    // Servers are not on everybody's PATH, and PostgreSQL's are on nobody's: Debian's folders, then those of its own packages.
    private static readonly string[] AlsoIn = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
    private static readonly (string Parent, string Pattern)[] Versioned = [("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*")];

    /// <summary>The full path; null where it is not installed.</summary>
    public static string? TryFind(string program) => Folders().Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The full path.</summary>
    /// <exception cref="BypassException">It is not installed (NotMeasurable).</exception>
    public static string Find(string program, string package) => TryFind(program) ?? throw new BypassException(
        BypassError.NotMeasurable, $"{program} is not installed: apt-get install {package} brings it on Debian and Ubuntu.");

    private static IEnumerable<string> Folders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(AlsoIn)
            .Concat(Versioned.Where(place => Directory.Exists(place.Parent)).SelectMany(
                place => Directory.GetDirectories(place.Parent, place.Pattern).OrderByDescending(VersionOf).Select(folder => Path.Combine(folder, "bin"))));

    private static double VersionOf(string folder) =>
        double.TryParse(folder.Split('/', '-')[^1], System.Globalization.CultureInfo.InvariantCulture, out double version) ? version : 0;
}
