using System.Runtime.InteropServices;

namespace Sockmap.Measuring;

/// <summary>How far a run is.</summary>
/// <param name="Doing">What is measured now.</param>
/// <param name="Done">Rounds done, of all ways, the warm-ups among them.</param>
/// <param name="Total">Rounds in all.</param>
/// <param name="Remaining">How long the rest takes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MeasureProgress(string Doing, int Done, int Total, TimeSpan Remaining);
