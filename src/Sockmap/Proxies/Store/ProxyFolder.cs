using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;

namespace Sockmap.Proxies.Store;

/// <summary>One proxy's folder on bpffs: which pin has which name. Its process holds a lock on it as long as it lives.</summary>
internal sealed class ProxyFolder(BypassStore store, string name, bool isUnfinished = false)
{
    public const string StoreName = "sockmapps_proxies";

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    public string Name { get; } = name;

    public string Path { get; } = System.IO.Path.Combine(store.Root, isUnfinished ? BypassFolder.UnfinishedPrefix + name : name);

    /// <summary>Root of the bpffs: the store lies in it.</summary>
    public string BpfFileSystem => System.IO.Path.GetDirectoryName(store.Root)!;

    public string Settings => Pin("settings");

    public string Counters => Pin("counters");

    public string Records => Pin("records");

    /// <summary>Not where all is copied.</summary>
    public string Totals => Pin("totals");

    /// <inheritdoc cref="Totals"/>
    public string Ways => Pin("ways");

    public bool Exists => Bpf.Pinning.BpfFileSystem.Exists(Path) && Directory.Exists(Path);

    /// <summary>Whether its process lives.</summary>
    public bool IsLocked()
    {
        try
        {
            DirectoryLock.Acquire(Path, TimeSpan.Zero).Dispose();
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    /// <summary>Makes it, with its pins, in one step; what a process that is dead has left goes first.</summary>
    /// <returns>The lock that says that the proxy is there.</returns>
    /// <exception cref="BypassException">A proxy of this name is there (ProxyExists).</exception>
    public DirectoryLock Create(Action<ProxyFolder> pin)
    {
        using IDisposable storeLock = store.Lock(LockTimeout, CancellationToken.None);
        if (Exists)
        {
            if (IsLocked())
            {
                throw new BypassException(BypassError.ProxyExists, $"A proxy '{Name}' is running already: give another name, or stop it (Stop-SockmapProxy '{Name}').");
            }

            Remove();
        }

        ProxyFolder unfinished = new(store, Name, isUnfinished: true);
        if (unfinished.Exists)
        {
            // Under the store's lock whoever left it is dead.
            unfinished.Remove();
        }

        Bpf.Pinning.BpfFileSystem.CreateDirectory(unfinished.Path);
        try
        {
            DirectoryLock alive = DirectoryLock.Acquire(unfinished.Path, TimeSpan.Zero);
            try
            {
                pin(unfinished);
                Bpf.Pinning.BpfFileSystem.Rename(unfinished.Path, Path);
                return alive;
            }
            catch
            {
                alive.Dispose();
                throw;
            }
        }
        catch
        {
            unfinished.Remove();
            throw;
        }
    }

    /// <summary>Takes it away.</summary>
    public void Remove() => Bpf.Pinning.BpfFileSystem.RemoveDirectory(Path);

    /// <summary>Opens one of its maps; null where it is not there (any more).</summary>
    public static BpfMap? TryOpen(string pin, bool readOnly = true)
    {
        try
        {
            return BpfMap.OpenPinned(pin, readOnly);
        }
        catch (BpfException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    private string Pin(string pin) => System.IO.Path.Combine(Path, pin);
}
