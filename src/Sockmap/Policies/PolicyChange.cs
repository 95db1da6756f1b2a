namespace Sockmap.Policies;

/// <summary>What to change of a policy, all in one step; null leaves a thing as it is.</summary>
public sealed record PolicyChange
{
    /// <summary>What is done with a message to send that no rule matches: Pass, Drop or NoBypass.</summary>
    public PolicyAction? DefaultEgressAction { get; init; }

    /// <summary>What is done with data that comes and no rule matches: Pass or Drop.</summary>
    public PolicyAction? DefaultIngressAction { get; init; }

    /// <summary>Whether the policy judges; false lets every message pass.</summary>
    public bool? Enabled { get; init; }

    /// <summary>All rules, in order. They are new ones: with ids and counters of their own.</summary>
    public IReadOnlyList<PolicyRule>? Rules { get; init; }
}
