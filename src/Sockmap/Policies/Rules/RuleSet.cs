namespace Sockmap.Policies.Rules;

/// <summary>All that changes of a policy, and changes in one step.</summary>
internal sealed record RuleSet
{
    /// <summary>In order.</summary>
    public IReadOnlyList<StoredRule> Rules { get; init; } = [];

    public PolicyAction DefaultEgressAction { get; init; }

    public PolicyAction DefaultIngressAction { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>The id of the rule that is made next.</summary>
    public uint NextId { get; init; } = 1;

    /// <summary>Some data that comes must be judged, so that packets have to pass a program.</summary>
    public bool JudgesIngress =>
        DefaultIngressAction == PolicyAction.Drop || Rules.Any(static rule => rule.Direction == PolicyDirection.Ingress);

    /// <summary>What a rule's action comes to: passing alone leaves the redirecting to the default.</summary>
    public PolicyAction EffectOf(StoredRule rule) =>
        rule is { Action: PolicyAction.Pass, Direction: PolicyDirection.Egress } && DefaultEgressAction == PolicyAction.NoBypass
            ? PolicyAction.NoBypass
            : rule.Action;
}
