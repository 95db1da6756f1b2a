using System.Net.Sockets;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Filters;
using Sockmap.Policies;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Policies;

/// <summary>
/// A cgroup, a bpffs and a policy of the test's own, and this process in the cgroup, so that the policy judges the sockets
/// that it makes from here on, and no others.
/// </summary>
internal sealed class TestPolicy : IDisposable
{
    private readonly InstalledBypass _bypass = new();
    private readonly CgroupVisit _visit;

    public TestPolicy(Func<PolicySettings, PolicySettings>? configure = null, bool isMade = true)
    {
        Manager = new PolicyManager(new BypassManagerOptions { BpfFileSystem = _bypass.BpfFileSystem.Path, Log = Steps.Add });
        _visit = CgroupVisit.To(_bypass.Cgroup);
        Settings = configure?.Invoke(new PolicySettings { Cgroup = _bypass.Cgroup.Path }) ?? new PolicySettings { Cgroup = _bypass.Cgroup.Path };
        if (isMade)
        {
            Make();
        }
    }

    public PolicyManager Manager { get; }

    public PolicySettings Settings { get; }

    /// <summary>Bypasses in the same cgroup and bpffs; none is installed at first.</summary>
    public InstalledBypass Bypass => _bypass;

    public TestCgroup Cgroup => _bypass.Cgroup;

    public List<string> Steps { get; } = [];

    public PolicyStatus Status => Manager.Get(Settings.Name);

    public IReadOnlyList<PolicyRuleStatus> Rules => Manager.GetRules(Settings.Name);

    public string Store => Path.Combine(_bypass.BpfFileSystem.Path, "sockmapps_policies");

    public string Folder => Path.Combine(Store, Settings.Name);

    /// <summary>All that the policy has in the kernel: its maps, programs and links.</summary>
    public IReadOnlyList<KernelObject> KernelObjects => [.. Directory.GetFiles(Folder).SelectMany(Open)];

    public PolicyStatus Make() => Manager.Create(Settings);

    /// <summary>Adds a rule at the end.</summary>
    public PolicyRuleStatus Add(PolicyRule rule, int? position = null) => Assert.Single(Manager.AddRules(Settings.Name, [rule], position));

    /// <summary>Adds a rule for the networks given.</summary>
    public PolicyRuleStatus Add(PolicyDirection direction, PolicyAction action, params string[] remoteAddresses) =>
        Add(new PolicyRule { Direction = direction, Action = action, RemoteAddresses = [.. remoteAddresses.Select(AddressRange.Parse)] });

    /// <summary>A rule as it is now.</summary>
    public PolicyRuleStatus Rule(uint id) => Rules.Single(rule => rule.Id == id);

    /// <summary>The error of a send, or null.</summary>
    public static SocketError? TrySend(Socket socket, int bytes = 1)
    {
        socket.Send(new byte[bytes], SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? null : error;
    }

    /// <summary>Whether something waits to be read; what was sent over loopback and is not there by now is not let in.</summary>
    public static bool HasData(Socket socket) => socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead);

    public void Dispose()
    {
        _visit.Dispose();
        foreach (string name in Manager.ListNames())
        {
            Manager.Remove(name, force: true);
        }

        _bypass.Dispose();
    }

    private static IEnumerable<KernelObject> Open(string pin)
    {
        string name = Path.GetFileName(pin);
        switch (name)
        {
            case "judge" or "receive" or "enroll" or "enroll_established":
                using (BpfProgram program = BpfProgram.OpenPinned(pin))
                {
                    yield return new KernelObject(KernelObjectKind.BpfProgram, program.GetInfo().Id, name);
                }

                break;
            case "enroll_link" or "judge_link" or "receive_link" or "list_refused":
                using (BpfLink link = BpfLink.OpenPinned(pin))
                {
                    yield return new KernelObject(KernelObjectKind.BpfLink, link.GetInfo().Id, name);
                }

                break;
            default:
                using (BpfMap map = BpfMap.OpenPinned(pin))
                {
                    yield return new KernelObject(KernelObjectKind.BpfMap, map.GetInfo().Id, name);
                }

                break;
        }
    }
}
