using System.Runtime.InteropServices;

namespace Sockmap.Measuring.Plot;

/// <summary>One ratio of a line.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PlotPoint(int MessageSize, double Ratio, double Low, double High, bool IsNoisy)
{
    /// <summary>Whether it has a place on logarithmic axes.</summary>
    public bool IsPlaceable =>
        MessageSize > 0 && double.IsFinite(Ratio) && double.IsFinite(High) && Low > 0 && Low <= Ratio && Ratio <= High;
}
