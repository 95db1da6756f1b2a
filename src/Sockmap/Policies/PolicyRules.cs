using System.Globalization;
using Sockmap.Bpf.Links;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Policies.Layout;
using Sockmap.Policies.Rules;

namespace Sockmap.Policies;

/// <summary>Which rules and settings can be, and how they become those of a set.</summary>
internal static class PolicyRules
{
    public static void CheckDefaults(PolicyAction? egress, PolicyAction? ingress)
    {
        if (egress is not (null or PolicyAction.Pass or PolicyAction.Drop or PolicyAction.NoBypass))
        {
            throw Invalid($"DefaultEgressAction '{egress}' cannot be: use Pass, Drop or NoBypass (Pass redirects where a bypass would).");
        }

        if (ingress is not (null or PolicyAction.Pass or PolicyAction.Drop))
        {
            throw Invalid($"DefaultIngressAction '{ingress}' cannot be: use Pass or Drop.");
        }
    }

    /// <summary>Puts new rules into a set, the first of them at <paramref name="index"/>.</summary>
    /// <exception cref="BypassException">A rule cannot be (InvalidSetting), a cgroup is not there, or they are too many.</exception>
    public static RuleSet Insert(RuleSet set, IReadOnlyList<PolicyRule> rules, int index)
    {
        if (set.Rules.Count + rules.Count > PolicyLayout.MostRules)
        {
            throw new BypassException(
                BypassError.TooManyRules,
                string.Create(CultureInfo.InvariantCulture, $"The policy has {set.Rules.Count} rules, and {rules.Count} more are over the {PolicyLayout.MostRules} that one can have: name several addresses or ports in one rule, or make another policy."));
        }

        HashSet<uint> used = [.. set.Rules.Select(static rule => rule.Counter)];
        List<StoredRule> all = [.. set.Rules];
        uint id = set.NextId, counter = 0;
        foreach (PolicyRule rule in rules)
        {
            Check(rule);
            while (!used.Add(counter))
            {
                counter++;
            }

            all.Insert(index++, Store(rule, id++, counter));
        }

        return set with { Rules = all, NextId = id };
    }

    /// <summary>Counters of rules that a set has and a former one had not.</summary>
    public static IEnumerable<uint> NewCounters(RuleSet former, RuleSet next)
    {
        HashSet<uint> known = [.. former.Rules.Select(static rule => rule.Id)];
        return next.Rules.Where(rule => !known.Contains(rule.Id)).Select(static rule => rule.Counter);
    }

    private static void Check(PolicyRule rule)
    {
        if (!Enum.IsDefined(rule.Direction) || !Enum.IsDefined(rule.Action))
        {
            throw Invalid($"A rule of direction '{rule.Direction}' and action '{rule.Action}' cannot be.");
        }

        if (rule is { Direction: PolicyDirection.Ingress, Action: PolicyAction.Bypass or PolicyAction.NoBypass })
        {
            throw Invalid($"Action {rule.Action} is for Egress: whether a message is redirected is decided where it is sent. Both ends of what a bypass redirects are on this host, so name the other end in a rule for Egress.");
        }
    }

    private static StoredRule Store(PolicyRule rule, uint id, uint counter) => new()
    {
        Id = id,
        Counter = counter,
        Direction = rule.Direction,
        Action = rule.Action,
        RemoteAddresses = AddressRange.Normalize(rule.RemoteAddresses),
        LocalAddresses = AddressRange.Normalize(rule.LocalAddresses),
        RemotePorts = PortRange.Normalize(rule.RemotePorts),
        LocalPorts = PortRange.Normalize(rule.LocalPorts),
        CgroupIds = [.. rule.Cgroups.Select(IdOf).Distinct().Order()],
        UserIds = [.. rule.UserIds.Distinct().Order()],
    };

    private static ulong IdOf(string cgroup)
    {
        using CgroupDirectory directory = CgroupHierarchy.Open(cgroup);
        return directory.Id;
    }

    private static BypassException Invalid(string message) => new(BypassError.InvalidSetting, message);
}
