namespace Sockmap.Bpf.Inspection;

/// <summary>A network interface and the XDP programs on it.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Xdp">How each program runs (<c>driver</c>, <c>generic</c>, <c>offload</c>), and the program's id.</param>
internal sealed record InterfaceState(uint Index, string Name, IReadOnlyList<(string Mode, uint ProgramId)> Xdp);
