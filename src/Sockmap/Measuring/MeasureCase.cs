using System.Globalization;

namespace Sockmap.Measuring;

/// <summary>What all ways are measured with in one go.</summary>
internal sealed record MeasureCase(MeasurementKind Kind, int MessageSize, int Connections)
{
    /// <summary>All that the options ask for.</summary>
    public static IReadOnlyList<MeasureCase> Of(MeasureOptions options) =>
    [
        .. from kind in options.Kinds
           from size in kind == MeasurementKind.ConnectionRate ? [options.MessageSizes.Min()] : options.MessageSizes
           from connections in options.Connections
           select new MeasureCase(kind, size, connections),
    ];

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Kind}, {MessageSize} bytes, {Connections} {(Connections == 1 ? "connection" : "connections")}");
}
