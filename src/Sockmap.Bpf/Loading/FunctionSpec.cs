namespace Sockmap.Bpf.Loading;

/// <summary>One function of a section of code.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Code">The section it is in.</param>
/// <param name="Start">Its first instruction, counted from the start of the section.</param>
/// <param name="Count">How many instructions it has.</param>
/// <param name="IsLocal">Whether it is static.</param>
internal sealed record FunctionSpec(string Name, CodeSection Code, int Start, int Count, bool IsLocal);
