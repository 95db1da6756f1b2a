using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Store;

namespace Sockmap.Redirects.Store;

/// <summary>One redirect's folder on bpffs, <c>&lt;bpffs&gt;/sockmapps_redirects/&lt;name&gt;</c>: which pin has which name.</summary>
internal sealed class RedirectFolder(string store, string name, bool isUnfinished)
{
    /// <summary>The folder of all redirects in a bpffs (a name there has no dot).</summary>
    public const string StoreName = "sockmapps_redirects";

    public string Name { get; } = name;

    public string Path { get; } = System.IO.Path.Combine(store, isUnfinished ? BypassFolder.UnfinishedPrefix + name : name);

    /// <summary>Where it is built and taken away: this folder or the one beside it.</summary>
    public RedirectFolder Unfinished => isUnfinished ? this : new RedirectFolder(store, Name, isUnfinished: true);

    /// <summary>Root of the bpffs: the store lies in it.</summary>
    public string BpfFileSystem => System.IO.Path.GetDirectoryName(store)!;

    /// <exception cref="Bpf.BpfException">The process may not look (EACCES).</exception>
    public bool Exists => Bpf.Pinning.BpfFileSystem.Exists(Path) && Directory.Exists(Path);

    public string Source => Pin("source");

    public string Target => Pin("target");

    public string Counters => Pin("counters");

    public string Course => Pin("course");

    public string Ends => Pin("ends");

    public string Config => Pin("config");

    /// <summary>Holds the source's map for the verdict, where the source stays in it.</summary>
    public string Keeper => Pin("keeper");

    /// <summary>Iterator program that lists source and target.</summary>
    public string List => Pin("list");

    /// <summary>Iterator program that takes a TCP source out under its lock.</summary>
    public string Leave => Pin("leave");

    /// <summary>The verdict, so that tools show what runs; the source's map and the source itself hold it too.</summary>
    public string Verdict => Pin("verdict");

    public static RedirectFolder Of(BypassStore store, string name) => new(store.Root, name, isUnfinished: false);

    public static BpfMap? TryOpenMap(string pin) => BypassFolder.TryOpenMap(pin);

    public static BpfProgram? TryOpenProgram(string pin) => BypassFolder.TryOpenProgram(pin);

    private string Pin(string pin) => System.IO.Path.Combine(Path, pin);
}
