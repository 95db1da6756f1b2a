using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bypasses.Store;

/// <summary>
/// One bypass's folder on bpffs: which pin has which name, and how each is opened. A pin that is not there is null:
/// another process may be half way through an install or a removal, or may have died there.
/// </summary>
internal sealed class BypassFolder(string store, string name, bool isUnfinished)
{
    /// <summary>What the name of a folder begins with that is being built or taken away; no bypass's name does.</summary>
    public const string UnfinishedPrefix = "~";

    public string Name { get; } = name;

    public string Path { get; } = System.IO.Path.Combine(store, isUnfinished ? UnfinishedPrefix + name : name);

    /// <summary>Where this bypass is built and taken away: this folder or the one beside it.</summary>
    public BypassFolder Unfinished => isUnfinished ? this : new BypassFolder(store, Name, isUnfinished: true);

    /// <summary>Root of the bpffs: the store lies in it.</summary>
    public string BpfFileSystem => System.IO.Path.GetDirectoryName(store)!;

    /// <exception cref="BpfException">The process may not look (EACCES).</exception>
    public bool Exists => Bpf.Pinning.BpfFileSystem.Exists(Path) && Directory.Exists(Path);

    public string SockHash => Pin("sockhash");

    public string Storage => Pin("storage");

    public string Counters => Pin("counters");

    /// <summary>Which counters belong to which cgroup and port.</summary>
    public string Groups => Pin("groups");

    public string Slot => Pin("slot");

    /// <summary>The ring buffers of those who watch.</summary>
    public string Watchers => Pin("watchers");

    /// <summary>How many events each of the ring buffers had no room for.</summary>
    public string Lost => Pin("lost");

    /// <summary>Cookies of the sockets that <see cref="Mark"/> is to mark.</summary>
    public string Marks => Pin("marks");

    /// <summary>Handshakes under way, by where they come from: what pairs the ends that NAT is between.</summary>
    public string Nat => Pin("nat");

    public string Config => Pin("config");

    /// <summary>Map: whether policies judge what is sent.</summary>
    public string Judged => Pin("judged");

    public string IncludedAddresses => Pin("included_addresses");

    public string ExcludedAddresses => Pin("excluded_addresses");

    public string TakeIn => Pin("take_in");

    public string Root => Pin("root");

    public string Verdict => Pin("verdict");

    /// <summary>The verdict that takes the other's place in the slot when a removal begins.</summary>
    public string Leave => Pin("leave");

    /// <summary>Iterator link: opening an iterator on it lists the entries.</summary>
    public string List => Pin("list");

    /// <summary>Iterator link: opening an iterator on it lists the entries, each with its other end.</summary>
    public string Pairs => Pin("pairs");

    /// <summary>
    /// Iterator link: opening an iterator on it lists who holds which socket of this host. Not on kernels that lack what it
    /// takes.
    /// </summary>
    public string Holders => Pin("holders");

    /// <summary>Iterator program: a pass of it tells the sockets in <see cref="Marks"/> to leave.</summary>
    public string Mark => Pin("mark");

    /// <summary>Program that tells those who watch of a socket that user space put in or took out.</summary>
    public string Announce => Pin("announce");

    /// <summary>Iterator program: a pass of it has the added sockets of a network namespace tell of their end.</summary>
    public string FollowAdded => Pin("follow_added");

    /// <summary>Link of the sock_ops program to the cgroup. Made last and removed first.</summary>
    public string CgroupLink => Pin("cgroup_link");

    /// <summary>Link of the root program to the SOCKHASH, where the kernel has such links (6.10).</summary>
    public string SockmapLink => Pin("sockmap_link");

    /// <summary>
    /// Names of the pins that every bypass has and this one has not. The links of programs to cgroup and SOCKHASH are not
    /// among them: whether those are attached is asked of the kernel.
    /// </summary>
    public IReadOnlyList<string> MissingPins =>
        [.. new[] { SockHash, Storage, Counters, Groups, Slot, Watchers, Lost, Marks, Judged, Nat, Config, IncludedAddresses, ExcludedAddresses, TakeIn, Root, Verdict, Leave, List, Pairs, Mark, Announce, FollowAdded }
            .Where(pin => !Bpf.Pinning.BpfFileSystem.Exists(pin))
            .Select(pin => System.IO.Path.GetFileName(pin))];

    public static BpfMap? TryOpenMap(string pin) => TryOpen(pin, path => BpfMap.OpenPinned(path));

    public static BpfProgram? TryOpenProgram(string pin) => TryOpen(pin, BpfProgram.OpenPinned);

    public static BpfLink? TryOpenLink(string pin) => TryOpen(pin, BpfLink.OpenPinned);

    private static T? TryOpen<T>(string pin, Func<string, T> open)
        where T : class
    {
        try
        {
            return open(pin);
        }
        catch (BpfException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
        catch (InvalidDataException)
        {
            // Something else has been pinned under that name.
            return null;
        }
    }

    private string Pin(string pin) => System.IO.Path.Combine(Path, pin);
}
