using System.Net;
using Sockmap.Filters;

namespace SockmapPS.Parameters;

/// <summary>Takes addresses and networks: <c>127.0.0.1</c>, <c>10.0.0.0/8</c>, <c>fd00::/8</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressRangeArgumentAttribute : ListArgumentAttribute<IPNetwork>
{
    /// <inheritdoc />
    protected override IPNetwork Parse(string text) => AddressRange.Parse(text);
}
