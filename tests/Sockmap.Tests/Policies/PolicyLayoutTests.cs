using Sockmap.Bypasses.Layout;
using Sockmap.Policies;
using Sockmap.Policies.Layout;
using Sockmap.Tests.Support;

namespace Sockmap.Tests.Policies;

/// <summary>What user space and the policy's programs share, against bpf/policy.h, by way of the C compiler.</summary>
public sealed class PolicyLayoutTests
{
    private const string Header = "#include \"policy.h\"";

    [Fact]
    public void StructsLieAsInThePrograms()
    {
        LayoutTests.Compare(Header, LayoutTests.OffsetsOf<PolicyConfig>("policy_config", new()
        {
            ["Layout"] = "layout",
            ["Number"] = "number",
            ["CgroupId"] = "cgroup_id",
            ["CreatedAt"] = "created_at",
        }));
        LayoutTests.Compare(Header, LayoutTests.OffsetsOf<DirectionHead>("direction_head", new()
        {
            ["Action"] = "action",
            ["Counter"] = "counter",
            ["Criteria"] = "criteria",
            ["Rules"] = "rules",
        }));
        LayoutTests.Compare(Header, LayoutTests.OffsetsOf<SetHead>("set_head", new()
        {
            ["Egress"] = "direction[0]",
            ["Ingress"] = "direction[1]",
            ["Disabled"] = "disabled",
            ["Rules"] = "rules",
            ["NextId"] = "next_id",
            ["Reserved"] = "reserved",
        }));
        LayoutTests.Compare(Header, LayoutTests.OffsetsOf<RuleHead>("rule_head", new()
        {
            ["Id"] = "id",
            ["Action"] = "action",
            ["Counter"] = "counter",
            ["Length"] = "length",
            ["Personal"] = "personal",
            ["Reserved"] = "reserved",
        }));
        LayoutTests.Compare(Header, LayoutTests.OffsetsOf<RuleCounters>("rule_counters", new()
        {
            ["Messages"] = "messages",
            ["Bytes"] = "bytes",
        }));
    }

    [Fact]
    public void NumbersMeanWhatTheyMeanInThePrograms() => LayoutTests.Compare(Header, new(StringComparer.Ordinal)
    {
        ["POLICY_LAYOUT"] = PolicyLayout.Current,
        ["MOST_RULES"] = PolicyLayout.MostRules,
        ["MOST_POLICIES"] = PolicyLayout.MostPolicies,
        ["SLOT_GATES"] = SlotLayout.Gates,
        ["SLOT_VERDICT"] = SlotLayout.Verdict,
        ["SLOT_LEAVE"] = SlotLayout.Leave,
        ["SLOTS"] = SlotLayout.Count,
        ["COUNTER_DEFAULT"] = PolicyLayout.DefaultCounter,
        ["COUNTER_DROPPED"] = PolicyLayout.DroppedCounter,
        ["FIRST_GENERATION"] = (long)PolicyLayout.FirstGeneration,
        ["SET_KIND_BITS"] = SetKey.KindBits,
        ["sizeof(struct set_key)"] = SetKey.Length,
        ["sizeof(struct set_value)"] = new RuleBits().ToBytes().Length,
        ["DIRECTION_EGRESS"] = (long)PolicyDirection.Egress,
        ["DIRECTION_INGRESS"] = (long)PolicyDirection.Ingress,
        ["ACTION_PASS"] = (long)PolicyAction.Pass,
        ["ACTION_DROP"] = (long)PolicyAction.Drop,
        ["ACTION_BYPASS"] = (long)PolicyAction.Bypass,
        ["ACTION_NO_BYPASS"] = (long)PolicyAction.NoBypass,
        ["KIND_HEAD"] = (long)SetKind.Head,
        ["KIND_RULE"] = (long)SetKind.Rule,
        ["KIND_ALL"] = (long)SetKind.All,
        ["KIND_REMOTE_ADDRESS"] = (long)SetKind.RemoteAddress,
        ["KIND_LOCAL_ADDRESS"] = (long)SetKind.LocalAddress,
        ["KIND_REMOTE_PORT"] = (long)SetKind.RemotePort,
        ["KIND_LOCAL_PORT"] = (long)SetKind.LocalPort,
        ["KIND_UID"] = (long)SetKind.Uid,
        ["KIND_CGROUP"] = (long)SetKind.Cgroup,
        ["ENROLLED"] = (long)EnrollCounter.Enrolled,
        ["ENROLLED_ELSEWHERE"] = (long)EnrollCounter.Elsewhere,
        ["ENROLL_FULL"] = (long)EnrollCounter.Full,
        ["ENROLL_REFUSED"] = (long)EnrollCounter.Refused,
    });
}
