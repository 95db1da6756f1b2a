using System.Reflection;
using Sockmap.Bpf.Btf;
using Sockmap.Bypasses;
using Xunit.Sdk;
using Xunit.v3;

namespace Sockmap.Tests.Bypasses;

/// <summary>Runs a theory once for each verdict program; where the kernel lacks what the exact one takes, that is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EachVariantAttribute : DataAttribute
{
    private const string Cast = "bpf_rdonly_cast";

    private static readonly Lazy<bool> CanCast = new(static () => BtfSpec.LoadKernel().TryFind(Cast, BtfKind.Function, out _));

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<BypassVariant>().Select(static variant => new TheoryDataRow(variant)
        {
            Skip = variant == BypassVariant.Exact && !CanCast.Value ? $"NOT CHECKED: this kernel lacks {Cast}, which the exact variant takes." : null,
        })]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
