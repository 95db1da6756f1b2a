namespace Sockmap.TestKit.Observation;

/// <summary>Something in the kernel that outlives a test if the test forgets it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Id of a bpf object, else 0.</param>
/// <param name="Name">Name of a program or map (15 characters at most), type number of a link, path of the others.</param>
public sealed record KernelObject(KernelObjectKind Kind, uint Id, string Name);
