using Sockmap.Filters;

namespace SockmapPS.Parameters;

/// <summary>Takes ports and ranges of ports: <c>6379</c>, <c>'8000-8100'</c>, <c>8000..8100</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PortRangeArgumentAttribute : ListArgumentAttribute<PortRange>
{
    /// <inheritdoc />
    protected override PortRange Parse(string text) => PortRange.Parse(text);
}
