using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Sockets;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses;

/// <summary>A cgroup, a bpffs and a manager of the test's own; what the test installs goes with it.</summary>
internal sealed class InstalledBypass : IDisposable
{
    public InstalledBypass()
    {
        Cgroup = TestCgroup.Create();
        BpfFileSystem = TestBpfFileSystem.Mount();
        Manager = new BypassManager(new BypassManagerOptions { BpfFileSystem = BpfFileSystem.Path, Log = Steps.Add });
    }

    public TestCgroup Cgroup { get; }

    public TestBpfFileSystem BpfFileSystem { get; }

    public BypassManager Manager { get; }

    public List<string> Steps { get; } = [];

    /// <summary>Sockets that leave by themselves would be missing where tests count them: StreamTests are about those.</summary>
    public BypassSettings Settings => new() { Cgroup = Cgroup.Path, KeepSockets = true };

    public BypassStatus Status => Manager.Get(BypassSettings.DefaultName);

    public IReadOnlyList<SockmapEntry> Entries => [.. Manager.GetEntries(BypassSettings.DefaultName)];

    /// <summary>A program or map of our object; a link that is left shows by its program.</summary>
    public static bool IsOurs(KernelObject kernelObject) => kernelObject.Name is
        "take_in" or "root" or "list_exact" or "list_probing" or "pair_exact" or "pair_probing" or "held_inode" or "mark" or "announce" or "follow_added" or "verdict_exact" or "verdict_probing" or "leave_exact" or "leave_probing"
        or "sockhash" or "storage" or "counters" or "groups" or "slot" or "watchers" or "lost" or "marks" or "judged" or "nat" or "bypass.rodata" or "bypass.data" or "sockets.rodata" or "included_addres" or "excluded_addres";

    /// <summary>The folder of all bypasses.</summary>
    public string Store => Path.Combine(BpfFileSystem.Path, "sockmapps");

    public string Folder => Path.Combine(Store, BypassSettings.DefaultName);

    /// <summary>All that the bypass has in the kernel: 13 maps, 7 pinned programs and those of 3 iterators, 5 links.</summary>
    public IReadOnlyList<KernelObject> KernelObjects => [.. Directory.GetFiles(Folder).SelectMany(Open).Distinct()];

    /// <summary>The same of every folder in the store, also of those half built or half taken away.</summary>
    public IReadOnlyList<KernelObject> AllKernelObjects =>
        [.. Directory.Exists(Store) ? Directory.GetFiles(Store, "*", SearchOption.AllDirectories).SelectMany(Open).Distinct() : []];

    /// <summary>Ids of the sock_ops programs that are attached to the cgroup.</summary>
    public IReadOnlyList<uint> AttachedPrograms
    {
        get
        {
            using CgroupDirectory cgroup = CgroupDirectory.Open(Cgroup.Path);
            return ProgramAttachment.Query(cgroup.Handle, BpfAttachType.CgroupSockOps);
        }
    }

    /// <summary>The kernel frees what nobody refers to any more a little later: no id of these may be left then.</summary>
    public static void AssertGone(IReadOnlyList<KernelObject> objects)
    {
        // Not at once: opening a program array by its id while the kernel empties it makes 6.18 lose a reference to it
        // (prog_array_map_clear takes one for a work item that is already queued).
        Thread.Sleep(100);
        Assert.True(Patience.Until(() => !objects.Any(Exists)), string.Join(", ", objects.Where(Exists)));
    }

    /// <summary>Installs with the test's cgroup and whatever else it wants.</summary>
    public InstallResult Install(Func<BypassSettings, BypassSettings>? configure = null, InstallOptions? options = null) =>
        Manager.Install(configure?.Invoke(Settings) ?? Settings, options);

    public RemovalResult Remove(RemoveOptions? options = null) => Manager.Remove(BypassSettings.DefaultName, options);

    /// <summary>Writes a socket's own state; while it sends nothing, since the programs write it too.</summary>
    public void ChangeState(Socket socket, Func<EntryState, EntryState> change)
    {
        using BpfMap storage = BpfMap.OpenPinned(Path.Combine(Folder, "storage"));
        int descriptor = (int)socket.Handle;
        Assert.True(storage.TryLookup(descriptor, out EntryState state));
        storage.Update(descriptor, change(state));
    }

    /// <summary>Established connections inside the cgroup that are not in.</summary>
    public IReadOnlyList<ConnectionCandidate> Candidates() => Manager.FindCandidates(BypassSettings.DefaultName, matchingOnly: true);

    /// <summary>Puts them in.</summary>
    public IReadOnlyList<AdditionResult> AddAll() => Manager.AddConnections(BypassSettings.DefaultName, Candidates());

    public void Dispose()
    {
        // The cgroup first: it kills whoever still holds sockets.
        Cgroup.Dispose();
        foreach (string name in Manager.ListNames())
        {
            Manager.Remove(name, new RemoveOptions { Force = true });
        }

        BpfFileSystem.Dispose();
    }

    private static IEnumerable<KernelObject> Open(string pin)
    {
        string name = Path.GetFileName(pin);
        switch (name)
        {
            case "take_in" or "root" or "verdict" or "leave" or "mark" or "announce" or "follow_added":
                using (BpfProgram program = BpfProgram.OpenPinned(pin))
                {
                    yield return new KernelObject(KernelObjectKind.BpfProgram, program.GetInfo().Id, name);
                }

                break;
            case "list" or "pairs" or "holders" or "cgroup_link" or "sockmap_link":
                using (BpfLink link = BpfLink.OpenPinned(pin))
                {
                    LinkInfo info = link.GetInfo();
                    yield return new KernelObject(KernelObjectKind.BpfLink, info.Id, name);
                    yield return new KernelObject(KernelObjectKind.BpfProgram, info.ProgramId, ProgramOf(name));
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

    private static string ProgramOf(string link) => link switch
    {
        "cgroup_link" => "take_in",
        "sockmap_link" => "root",
        "holders" => "held_inode",
        _ => link,
    };

    private static bool Exists(KernelObject kernelObject)
    {
        try
        {
            using IDisposable opened = kernelObject.Kind switch
            {
                KernelObjectKind.BpfProgram => BpfProgram.OpenById(kernelObject.Id),
                KernelObjectKind.BpfMap => BpfMap.OpenById(kernelObject.Id),
                _ => BpfLink.OpenById(kernelObject.Id),
            };
            return true;
        }
        catch (BpfException e) when (e.Errno == Errno.ENOENT)
        {
            return false;
        }
    }
}
