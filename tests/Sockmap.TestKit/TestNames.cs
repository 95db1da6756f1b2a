using System.Globalization;

namespace Sockmap.TestKit;

/// <summary>Names of what the kit makes: they say whose they are, and no two are the same.</summary>
public static class TestNames
{
    private static int s_last;

    /// <summary>What all names of this process begin with.</summary>
    public static string Prefix { get; } = string.Create(CultureInfo.InvariantCulture, $"sockmap-test-{Environment.ProcessId}-");

    public static string Next(string kind) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{kind}{Interlocked.Increment(ref s_last)}");
}
