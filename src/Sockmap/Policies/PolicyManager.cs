using System.Globalization;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Policies.Layout;
using Sockmap.Policies.Rules;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>
/// Makes, lists, changes and removes policies. A policy judges what the TCP sockets of its cgroup send, and the data that
/// comes to them, also of connections that were there before it. Nothing is remembered here: what a policy is stands in its
/// folder on bpffs. Every error is a <see cref="BypassException"/>.
/// </summary>
public sealed class PolicyManager
{
    private readonly BypassManagerOptions _options;

    /// <summary>A manager of the policies on one bpffs.</summary>
    public PolicyManager(BypassManagerOptions? options = null) => _options = options ?? new BypassManagerOptions();

    /// <summary>Makes a policy without rules.</summary>
    /// <exception cref="BypassException">A setting cannot be, a policy of the name (PolicyExists) or
    /// of the same sockets (PolicyOverlap) is there, eight are
    /// (TooManyRules), or the kernel refused. Nothing is left behind.</exception>
    public PolicyStatus Create(PolicySettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        CheckName(settings.Name);
        PolicyRules.CheckDefaults(settings.DefaultEgressAction, settings.DefaultIngressAction);
        if (settings.MaxEntries < 1)
        {
            throw new BypassException(BypassError.InvalidSetting, string.Create(CultureInfo.InvariantCulture, $"MaxEntries {settings.MaxEntries} holds no socket: use 1 or more."));
        }

        return KernelError.Guard(() =>
        {
            PolicySupport.Require();
            using CgroupDirectory? cgroup = settings.Cgroup is null ? null : CgroupHierarchy.Open(settings.Cgroup);
            BypassStore store = BypassStore.FindOrCreate(_options.BpfFileSystem, PolicyFolder.StoreName);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            TakeAwayUnfinished(store, cancellationToken);
            PolicyFolder folder = new(store.FolderOf(settings.Name));
            if (folder.Exists)
            {
                throw new BypassException(BypassError.PolicyExists, $"Policy '{settings.Name}' is there: use another name, change it with Set-SockmapPolicy, or remove it first.");
            }

            CheckOverlap(store, cgroup?.Id ?? 0);
            PolicyConfig config = new()
            {
                Number = FindNumber(store),
                CgroupId = cgroup?.Id ?? 0,
                CreatedAt = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100,
            };
            Publish(folder, config, settings, cancellationToken);
            return Read(folder);
        });
    }

    /// <summary>The names of all policies; none where no bpffs is mounted or none was ever made.</summary>
    public IReadOnlyList<string> ListNames() => KernelError.Guard(() => FindStore()?.ListNames() ?? []);

    /// <summary>All policies, by name.</summary>
    public IReadOnlyList<PolicyStatus> List() => KernelError.Guard(() => FindStore() is { } store
        ? [.. store.ListNames().Select(name => new PolicyFolder(store.FolderOf(name))).Where(static folder => folder.Exists).Select(Read)]
        : (IReadOnlyList<PolicyStatus>)[]);

    /// <summary>One policy.</summary>
    /// <exception cref="BypassException">No policy has this name (PolicyNotFound), or the kernel refused.</exception>
    public PolicyStatus Get(string name)
    {
        CheckName(name);
        return KernelError.Guard(() => Read(Find(name)));
    }

    /// <summary>The rules of a policy, in order.</summary>
    /// <exception cref="BypassException">No policy has this name (PolicyNotFound), it is not whole (PolicyForeign), or the kernel refused.</exception>
    public IReadOnlyList<PolicyRuleStatus> GetRules(string name)
    {
        CheckName(name);
        return KernelError.Guard(() =>
        {
            PolicyFolder folder = Find(name);
            return PolicyReader.ReadRules(folder, ReadSet(folder));
        });
    }

    /// <summary>Changes a policy, all of it in one step: each message is judged by what was before or by what is after.</summary>
    /// <exception cref="BypassException">No policy has this name (PolicyNotFound), a value cannot be, or the kernel refused; nothing was changed then.</exception>
    public PolicyStatus Change(string name, PolicyChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        CheckName(name);
        PolicyRules.CheckDefaults(change.DefaultEgressAction, change.DefaultIngressAction);
        return KernelError.Guard(() =>
        {
            (PolicyFolder folder, _) = Change(name, set => (change.Rules is null ? set : PolicyRules.Insert(set with { Rules = [] }, change.Rules, 0)) with
            {
                DefaultEgressAction = change.DefaultEgressAction ?? set.DefaultEgressAction,
                DefaultIngressAction = change.DefaultIngressAction ?? set.DefaultIngressAction,
                IsEnabled = change.Enabled ?? set.IsEnabled,
            }, cancellationToken);
            return Read(folder);
        });
    }

    /// <summary>Adds rules, all of them in one step.</summary>
    /// <param name="name">The policy.</param>
    /// <param name="rules">The rules, in order.</param>
    /// <param name="position">The place of the first of them, from 1; null puts them last.</param>
    /// <param name="cancellationToken">Ends the waiting for another process.</param>
    /// <returns>The rules that were added.</returns>
    /// <exception cref="BypassException">No policy has this name (PolicyNotFound), a rule cannot be, or the kernel refused; nothing was changed then.</exception>
    public IReadOnlyList<PolicyRuleStatus> AddRules(string name, IReadOnlyList<PolicyRule> rules, int? position = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        CheckName(name);
        return KernelError.Guard(() =>
        {
            uint firstId = 0;
            (PolicyFolder folder, RuleSet next) = Change(name, set =>
            {
                firstId = set.NextId;
                int index = (position ?? set.Rules.Count + 1) - 1;
                return index >= 0 && index <= set.Rules.Count
                    ? PolicyRules.Insert(set, rules, index)
                    : throw new BypassException(BypassError.InvalidSetting, string.Create(CultureInfo.InvariantCulture, $"Position {position} cannot be: policy '{name}' has {set.Rules.Count} rules, so use 1 to {set.Rules.Count + 1}."));
            }, cancellationToken);
            return (IReadOnlyList<PolicyRuleStatus>)[.. PolicyReader.ReadRules(folder, next).Where(rule => rule.Id >= firstId)];
        });
    }

    /// <summary>Removes rules, all of them in one step.</summary>
    /// <exception cref="BypassException">No policy has this name (PolicyNotFound), it has no rule with one of the ids
    /// (PolicyRuleNotFound), or the kernel refused; nothing was changed then.</exception>
    public void RemoveRules(string name, IReadOnlyCollection<uint> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        CheckName(name);
        KernelError.Guard(() => Change(name, set =>
        {
            uint[] unknown = [.. ids.Except(set.Rules.Select(static rule => rule.Id))];
            return unknown.Length == 0
                ? set with { Rules = [.. set.Rules.Where(rule => !ids.Contains(rule.Id))] }
                : throw new BypassException(BypassError.PolicyRuleNotFound, $"Policy '{name}' has no rule with id {string.Join(", ", unknown)}: list them with Get-SockmapPolicyRule.");
        }, cancellationToken));
    }

    /// <summary>Removes a policy: every message passes from then on, and nothing of it is left.</summary>
    /// <param name="name">The policy.</param>
    /// <param name="force">Also one that another version of SockmapPS made: its pins go.</param>
    /// <param name="cancellationToken">Ends the waiting for another process.</param>
    /// <exception cref="BypassException">No policy has this name (PolicyNotFound), another version made it (PolicyForeign), or the kernel refused.</exception>
    public void Remove(string name, bool force = false, CancellationToken cancellationToken = default)
    {
        CheckName(name);
        KernelError.Guard(() =>
        {
            BypassStore store = FindStore() ?? throw NotFound(name);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            bool wasUnfinished = TakeAwayUnfinished(store, cancellationToken).Contains(name, StringComparer.Ordinal);
            PolicyFolder folder = new(store.FolderOf(name));
            if (!folder.Exists)
            {
                return wasUnfinished ? true : throw NotFound(name);
            }

            if (!force && PolicyReader.ReadConfig(folder) is null)
            {
                throw Foreign(folder, "remove it with the version that did, or with Force, which only unpins it");
            }

            TakeAway(folder, cancellationToken);
            return true;
        });
    }

    private static void CheckName(string name) => SettingsRules.CheckName(name, "a policy");

    private static BypassException NotFound(string name) =>
        new(BypassError.PolicyNotFound, $"No policy '{name}' is there: list them with Get-SockmapPolicy.");

    private static BypassException Foreign(PolicyFolder folder, string wayOut) =>
        new(BypassError.PolicyForeign, $"Policy '{folder.Name}' in '{folder.Path}' was not made by this version of SockmapPS, or is not whole: {wayOut}.");

    private static RuleSet ReadSet(PolicyFolder folder) =>
        (PolicyReader.ReadConfig(folder) is null ? null : RuleSwitch.Read(folder)) ?? throw Foreign(folder, "remove it with Force, and make it anew");

    /// <summary>The lowest number that no policy has.</summary>
    private static uint FindNumber(BypassStore store)
    {
        HashSet<uint> taken = [.. store.ListNames().Select(name => PolicyReader.ReadConfig(new PolicyFolder(store.FolderOf(name)))?.Number).OfType<uint>()];
        for (uint number = 0; number < PolicyLayout.MostPolicies; number++)
        {
            if (!taken.Contains(number))
            {
                return number;
            }
        }

        throw new BypassException(BypassError.TooManyRules, string.Create(CultureInfo.InvariantCulture, $"{PolicyLayout.MostPolicies} policies are there, and more cannot be: add rules to one of them, or remove one."));
    }

    private BypassStore? FindStore() => BypassStore.Find(_options.BpfFileSystem, PolicyFolder.StoreName);

    private PolicyFolder Find(string name) =>
        FindStore()?.FolderOf(name) is { Exists: true } folder ? new PolicyFolder(folder) : throw NotFound(name);

    private PolicyStatus Read(PolicyFolder folder) => PolicyReader.Read(folder, BypassStore.Find(_options.BpfFileSystem));

    private void Publish(PolicyFolder folder, PolicyConfig config, PolicySettings settings, CancellationToken cancellationToken)
    {
        RuleSet set = new() { DefaultEgressAction = settings.DefaultEgressAction, DefaultIngressAction = settings.DefaultIngressAction };
        using BpfObject loaded = PolicyObject.Load(config, settings.MaxEntries);
        Log("Loaded the programs that judge.");
        PolicyFolder unfinished = folder.Unfinished;
        try
        {
            Build(unfinished, loaded, set);
            cancellationToken.ThrowIfCancellationRequested();
            BpfFileSystem.Rename(unfinished.Path, folder.Path);
        }
        catch
        {
            PolicyRemoval.Run(unfinished, null, Log);
            throw;
        }

        try
        {
            // Until its link is there it counts as half made, and a bypass that is installed takes it for none.
            using IDisposable? gatesLock = LockBypasses(cancellationToken);
            PolicyHooks.AttachLast(folder, Log);
            foreach (BypassFolder bypass in Bypasses())
            {
                PolicyGates.Place(folder, config, bypass, Log);
            }

            PolicyHooks.JudgeIngress(folder, config, set, Log);
            PolicyMembers.TakeEstablished(folder, Log);
        }
        catch
        {
            TakeAway(folder, CancellationToken.None);
            throw;
        }
    }

    private static void Build(PolicyFolder folder, BpfObject loaded, RuleSet set)
    {
        BpfFileSystem.CreateDirectory(folder.Path);
        loaded.Maps[PolicyObject.Configuration].Pin(folder.Config);
        loaded.Maps[PolicyObject.Generation].Pin(folder.Generation);
        loaded.Maps[PolicyObject.Sets].Pin(folder.Sets);
        loaded.Maps[PolicyObject.Counters].Pin(folder.Counters);
        loaded.Maps[PolicyObject.Storage].Pin(folder.Storage);
        loaded.Maps[PolicyObject.Members].Pin(folder.Members);
        loaded.Maps[PolicyObject.Enrolled].Pin(folder.Enrolled);
        loaded.Maps[PolicyObject.Refused].Pin(folder.Refused);
        loaded.Programs[PolicyObject.Judge].Pin(folder.Judge);
        loaded.Programs[PolicyObject.Receive].Pin(folder.Receive);
        loaded.Programs[PolicyObject.Enroll].Pin(folder.Enroll);
        loaded.Programs[PolicyObject.EnrollEstablished].Pin(folder.EnrollEstablished);
        RuleSwitch.Begin(folder, loaded.Maps[PolicyObject.Sets], set);
        using (BpfLink list = BpfLink.CreateIterator(loaded.Programs[PolicyObject.ListRefused], loaded.Maps[PolicyObject.Members]))
        {
            list.Pin(folder.ListRefused);
        }

        using BpfLink? link = RootAttachment.Create(loaded.Programs[PolicyObject.Judge], loaded.Maps[PolicyObject.Members]);
        link?.Pin(folder.JudgeLink);
    }

    /// <summary>A socket can be in one sockmap with an sk_msg program only, so that two policies cannot have it both.</summary>
    private static void CheckOverlap(BypassStore store, ulong cgroupId)
    {
        foreach (PolicyFolder other in store.ListNames().Select(name => new PolicyFolder(store.FolderOf(name))))
        {
            if (PolicyReader.ReadConfig(other) is { } config && Overlap(config.CgroupId, cgroupId))
            {
                throw new BypassException(
                    BypassError.PolicyOverlap,
                    $"Policy '{other.Name}' judges {(config.CgroupId == 0 ? "all sockets" : $"cgroup {CgroupHierarchy.FindPath(config.CgroupId)}")}, and the kernel lets no socket be judged by two: add rules to that one (a rule can name cgroups), or name a cgroup beside it.");
            }
        }
    }

    private static bool Overlap(ulong a, ulong b)
    {
        if (a == 0 || b == 0)
        {
            return true;
        }

        return CgroupHierarchy.FindPath(a) is { } first && CgroupHierarchy.FindPath(b) is { } second && (IsBelow(first, second) || IsBelow(second, first));

        static bool IsBelow(string path, string parent) => (path + '/').StartsWith(parent.TrimEnd('/') + '/', StringComparison.Ordinal);
    }

    /// <summary>Has a set take the place of the one that holds.</summary>
    private (PolicyFolder Folder, RuleSet Next) Change(string name, Func<RuleSet, RuleSet> change, CancellationToken cancellationToken)
    {
        BypassStore store = FindStore() ?? throw NotFound(name);
        using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
        PolicyFolder folder = Find(name);
        RuleSet set = ReadSet(folder);
        PolicyConfig config = PolicyReader.ReadConfig(folder) ?? throw NotFound(name);
        RuleSet next = change(set);
        PolicyHooks.JudgeIngress(folder, config, next, Log);
        RuleSwitch.Write(folder, next, PolicyRules.NewCounters(set, next));
        Log(string.Create(CultureInfo.InvariantCulture, $"Policy '{name}' has switched to its next set, of {next.Rules.Count} rules."));
        PolicyHooks.LeaveIngress(folder, next, Log);
        RefusedSockets.Renew(folder, BypassStore.Find(_options.BpfFileSystem), _options.LockTimeout, Log, cancellationToken);
        return (folder, next);
    }

    private IDisposable? LockBypasses(CancellationToken cancellationToken) =>
        BypassStore.Find(_options.BpfFileSystem)?.Lock(_options.LockTimeout, cancellationToken);

    private IEnumerable<BypassFolder> Bypasses() =>
        BypassStore.Find(_options.BpfFileSystem) is { } store ? store.ListNames().Select(store.FolderOf) : [];

    /// <returns>The names of what processes that died have left.</returns>
    private List<string> TakeAwayUnfinished(BypassStore store, CancellationToken cancellationToken)
    {
        List<string> names = [];
        foreach (BypassFolder unfinished in store.ListUnfinished())
        {
            Log($"Taking away what an unfinished making or removal of policy '{unfinished.Name}' left in {unfinished.Path}.");
            TakeAway(new PolicyFolder(unfinished), cancellationToken);
            names.Add(unfinished.Name);
        }

        return names;
    }

    private void TakeAway(PolicyFolder folder, CancellationToken cancellationToken)
    {
        using IDisposable? gatesLock = LockBypasses(cancellationToken);
        PolicyRemoval.Run(folder, BypassStore.Find(_options.BpfFileSystem), Log);
    }

    private void Log(string step) => _options.Log?.Invoke(step);
}
