namespace Sockmap.Support.Checks;

/// <summary>What a check found; its name and what depends on it are <see cref="SupportProbe"/>'s to say.</summary>
/// <param name="State">What was found.</param>
/// <param name="Detail">One sentence: what was tried and seen.</param>
/// <param name="Remedy">One sentence: what to do; empty where nothing is to be done.</param>
internal readonly record struct Finding(SupportState State, string Detail, string Remedy)
{
    /// <summary>The remedy where the kernel says EPERM; the check Privileges says what is missing.</summary>
    public const string RunAsRoot = "Run as root, or see Privileges.";

    public static Finding Supported(string detail) => new(SupportState.Supported, detail, string.Empty);

    public static Finding Unsupported(string detail, string remedy) => new(SupportState.Unsupported, detail, remedy);

    public static Finding Unknown(string detail, string remedy) => new(SupportState.Unknown, detail, remedy);
}
