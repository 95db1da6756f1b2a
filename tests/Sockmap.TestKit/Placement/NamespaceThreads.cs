namespace Sockmap.TestKit.Placement;

/// <summary>
/// A thread begins in the namespaces of the one that started it, and .NET starts threads of its pool, of its sockets and
/// of its timers from whichever thread first needs one more. Were that one in a namespace of a test's, they would stay
/// there, and later tests would run on them without knowing.
/// </summary>
public static class NamespaceThreads
{
    // The runtime's own, which compiles: it runs nothing of ours.
    private const string Compiler = ".NET Tiered Com";

    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(2);

    /// <summary>Throws where threads of this process are in a namespace that its tests have done with.</summary>
    /// <param name="link">What its link in /proc says: <c>net:[4026532177]</c>.</param>
    /// <exception cref="InvalidOperationException">There are some.</exception>
    public static void ThrowWhereSomeStay(string link)
    {
        ArgumentNullException.ThrowIfNull(link);
        string file = Path.Combine("ns", link.Split(':')[0]);
        string[] threads = [];

        // One that was joined is gone from there a moment later.
        if (!Patience.Until(() => (threads = ListThreads(file, link)).Length == 0, s_ending))
        {
            throw new InvalidOperationException($"Threads of this process were born in {link} and stay there, where later tests would run on them: {string.Join(", ", threads)}.");
        }
    }

    private static string[] ListThreads(string file, string link) =>
        [.. Directory.EnumerateDirectories("/proc/self/task").Select(task => TryDescribe(task, file, link)).OfType<string>()];

    /// <returns>Null where it is elsewhere, or has ended.</returns>
    private static string? TryDescribe(string task, string file, string link)
    {
        try
        {
            string name = File.ReadAllText(Path.Combine(task, "comm")).Trim();
            return name != Compiler && string.Equals(new FileInfo(Path.Combine(task, file)).LinkTarget, link, StringComparison.Ordinal)
                ? $"{Path.GetFileName(task)} ({name})"
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
