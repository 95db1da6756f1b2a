using System.Reflection;
using Sockmap.Bypasses;
using Xunit.Sdk;
using Xunit.v3;

namespace Sockmap.Tests.Bypasses;

/// <summary>Runs a theory once for each verdict program.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EachVariantAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<BypassVariant>().Select(variant => new TheoryDataRow(variant))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
