namespace Sockmap.Support;

/// <summary>One need of the bypass, tried on this machine.</summary>
/// <param name="Name">A stable name, such as <c>SockmapLink</c>.</param>
/// <param name="Need">What depends on it.</param>
/// <param name="State">What was found.</param>
/// <param name="Detail">One sentence: what was tried and seen.</param>
/// <param name="Remedy">One sentence: what to do where it is not supported; empty where nothing is to be done.</param>
public sealed record SupportCheck(string Name, SupportNeed Need, SupportState State, string Detail, string Remedy);
