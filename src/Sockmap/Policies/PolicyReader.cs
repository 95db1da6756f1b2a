using System.Runtime.InteropServices;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Policies.Layout;
using Sockmap.Policies.Rules;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>Reads a policy back from its pins: nothing that it says is remembered anywhere else.</summary>
internal static class PolicyReader
{
    /// <summary>What does not change of a policy; null where the folder is not one of this version's.</summary>
    public static PolicyConfig? ReadConfig(PolicyFolder folder)
    {
        using BpfMap? map = BypassFolder.TryOpenMap(folder.Config);
        if (map is null || map.ValueSize != PolicyObject.ConfigurationSize)
        {
            return null;
        }

        byte[] value = new byte[map.ValueSize];
        if (!map.TryLookup(new byte[sizeof(uint)], value))
        {
            return null;
        }

        PolicyConfig config = MemoryMarshal.Read<PolicyConfig>(value.AsSpan(PolicyObject.ConfigOffset));
        return config.Layout == PolicyLayout.Current ? config : null;
    }

    public static PolicyStatus Read(PolicyFolder folder, BypassStore? bypasses)
    {
        if (ReadConfig(folder) is not { } config)
        {
            return new PolicyStatus
            {
                Name = folder.Name,
                State = PolicyState.Foreign,
                Path = folder.Path,
                BpfFileSystem = folder.BpfFileSystem,
                Problem = ["It has no pin 'config' as this version of SockmapPS makes it: remove it with the version that made it, or with Force."],
            };
        }

        RuleSet? set = RuleSwitch.Read(folder);
        string? cgroup = config.CgroupId == 0 ? null : CgroupHierarchy.FindPath(config.CgroupId);
        List<string> gated = [], open = [];
        foreach (BypassFolder bypass in (bypasses?.ListNames() ?? []).Select(name => bypasses!.FolderOf(name)))
        {
            (PolicyGates.IsIn(config, bypass) ? gated : open).Add(bypass.Name);
        }

        using BpfMap? members = BypassFolder.TryOpenMap(folder.Members);
        using BpfMap? counters = BypassFolder.TryOpenMap(folder.Counters);
        using BpfMap? enrolled = BypassFolder.TryOpenMap(folder.Enrolled);
        RuleCounters CountersOf(uint index) => counters is null ? default : ReadCounters(counters, index);
        RuleCounters messages = CountersOf(PolicyLayout.DroppedCounter + (uint)PolicyDirection.Egress);
        IReadOnlyList<string> problems = FindProblems(folder, config, set, cgroup, open, enrolled);
        return new PolicyStatus
        {
            Name = folder.Name,
            State = !IsWhole(folder, config, set, cgroup) ? PolicyState.Incomplete : set!.IsEnabled ? PolicyState.Active : PolicyState.Disabled,
            Problem = problems,
            Cgroup = cgroup,
            CgroupId = config.CgroupId,
            DefaultEgressAction = set?.DefaultEgressAction ?? default,
            DefaultIngressAction = set?.DefaultIngressAction ?? default,
            Rules = set?.Rules.Count ?? 0,
            Generation = (RuleSwitch.ReadGeneration(folder) ?? PolicyLayout.FirstGeneration) - PolicyLayout.FirstGeneration,
            Bypass = gated,
            Entries = members?.EnumerateKeys().Count() ?? 0,
            MaxEntries = (int)(members?.MaxEntries ?? 0),
            MessagesDropped = messages.Messages,
            BytesDropped = messages.Bytes,
            PacketsDropped = CountersOf(PolicyLayout.DroppedCounter + (uint)PolicyDirection.Ingress).Messages,
            MessagesUnmatched = CountersOf(PolicyLayout.DefaultCounter + (uint)PolicyDirection.Egress).Messages,
            PacketsUnmatched = CountersOf(PolicyLayout.DefaultCounter + (uint)PolicyDirection.Ingress).Messages,
            CreatedAt = DateTime.UnixEpoch.AddTicks((long)(config.CreatedAt / 100)).ToLocalTime(),
            Path = folder.Path,
            BpfFileSystem = folder.BpfFileSystem,
            Attachment = [.. Describe(folder.EnrollLink, "sock_ops enroll"), .. Describe(folder.JudgeLink, "sk_msg judge"), .. Describe(folder.ReceiveLink, "cgroup_skb receive")],
        };
    }

    /// <summary>The rules with their counters; none where they are not to be read.</summary>
    public static IReadOnlyList<PolicyRuleStatus> ReadRules(PolicyFolder folder, RuleSet set)
    {
        using BpfMap? counters = BypassFolder.TryOpenMap(folder.Counters);
        Dictionary<ulong, string?> paths = [];
        return [.. set.Rules.Select((rule, index) =>
        {
            RuleCounters counted = counters is null ? default : ReadCounters(counters, rule.Counter);
            return new PolicyRuleStatus
            {
                Policy = folder.Name,
                Position = index + 1,
                Id = rule.Id,
                Direction = rule.Direction,
                Action = rule.Action,
                RemoteAddress = [.. rule.RemoteAddresses.Select(static network => network.ToString())],
                RemotePort = [.. rule.RemotePorts.Select(static range => range.ToString())],
                LocalAddress = [.. rule.LocalAddresses.Select(static network => network.ToString())],
                LocalPort = [.. rule.LocalPorts.Select(static range => range.ToString())],
                Cgroup = [.. rule.CgroupIds.Select(PathOf).OfType<string>()],
                CgroupId = rule.CgroupIds,
                Uid = rule.UserIds,
                Messages = counted.Messages,
                Bytes = counted.Bytes,
                BpfFileSystem = folder.BpfFileSystem,
            };
        })];

        string? PathOf(ulong id) => paths.TryGetValue(id, out string? path) ? path : paths[id] = CgroupHierarchy.FindPath(id);
    }

    /// <summary>All pins are there, and each program is attached that has to be.</summary>
    private static bool IsWhole(PolicyFolder folder, PolicyConfig config, RuleSet? set, string? cgroup) =>
        set is not null && folder.MissingPins.Count == 0 && (config.CgroupId == 0 || cgroup is not null)
        && IsAttached(folder.EnrollLink) && (!set.JudgesIngress || IsAttached(folder.ReceiveLink));

    private static List<string> FindProblems(PolicyFolder folder, PolicyConfig config, RuleSet? set, string? cgroup, List<string> open, BpfMap? enrolled)
    {
        List<string> problems = [];
        IReadOnlyList<string> missing = folder.MissingPins;
        if (missing.Count > 0)
        {
            problems.Add($"Its pins {string.Join(", ", missing)} are missing, so that it judges nothing, or only in part: remove it, and make it anew.");
        }
        else if (set is null)
        {
            problems.Add("Its rules are not to be read: remove it, and make it anew.");
        }
        else if (config.CgroupId != 0 && cgroup is null)
        {
            problems.Add("Its cgroup is gone: remove it.");
        }
        else if (!IsWhole(folder, config, set, cgroup))
        {
            problems.Add("One of its programs is no longer attached, so that it judges only in part: remove it, and make it anew.");
        }

        if (set is { IsEnabled: false })
        {
            problems.Add("It is disabled, so that every message passes: Set-SockmapPolicy -Enabled $true turns it on.");
        }

        if (open.Count > 0)
        {
            problems.Add($"Bypasses {string.Join(", ", open)} do not ask it: install them again with Force.");
        }

        if (enrolled is not null && ReadSum(enrolled, EnrollCounter.Full) is > 0 and var full)
        {
            problems.Add($"{full} connections found the map full, so that what they send is not judged: make it anew with more MaxEntries.");
        }

        if (enrolled is not null && ReadSum(enrolled, EnrollCounter.Refused) is > 0 and var refused)
        {
            problems.Add($"{refused} connections could not be taken in, so that what they send is not judged: MPTCP and sockets of other sockmaps cannot.");
        }

        return problems;
    }

    private static ulong ReadSum(BpfMap perCpu, EnrollCounter counter)
    {
        uint index = (uint)counter;
        ulong sum = 0;
        foreach (byte[] cpu in perCpu.LookupPerCpu(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index))) ?? [])
        {
            sum += MemoryMarshal.Read<ulong>(cpu);
        }

        return sum;
    }

    private static RuleCounters ReadCounters(BpfMap counters, uint index)
    {
        RuleCounters sum = default;
        foreach (byte[] cpu in counters.LookupPerCpu(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index))) ?? [])
        {
            RuleCounters one = MemoryMarshal.Read<RuleCounters>(cpu);
            sum.Messages += one.Messages;
            sum.Bytes += one.Bytes;
        }

        return sum;
    }

    private static bool IsAttached(string pin)
    {
        using BpfLink? link = BypassFolder.TryOpenLink(pin);
        return link?.GetInfo() is { CgroupId: not null and not 0 };
    }

    private static IEnumerable<string> Describe(string pin, string program)
    {
        using BpfLink? link = BypassFolder.TryOpenLink(pin);
        if (link is null)
        {
            return [];
        }

        LinkInfo info = link.GetInfo();
        string target = info.CgroupId is { } id ? $"cgroup {CgroupHierarchy.FindPath(id) ?? $"with id {id}"}" : $"map {info.MapId}";
        return [$"{program} (id {info.ProgramId}) to {target} by link {info.Id}"];
    }
}
