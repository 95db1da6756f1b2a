namespace Sockmap.Proof;

/// <summary>One thing that a proof looked at.</summary>
/// <param name="Name">What: <c>Inside</c> or <c>Outside</c>, a dot, and what was looked at.</param>
/// <param name="Passed">Whether it was as it has to be; null where it could not be looked at, which is no failure.</param>
/// <param name="Detail">What was seen.</param>
public sealed record ProofFinding(string Name, bool? Passed, string Detail)
{
    /// <summary>One line, which is also what remoting leaves of it.</summary>
    public override string ToString() => $"{Name}: {Passed switch { true => "yes", false => "NO", null => "not possible" }}. {Detail}";
}
