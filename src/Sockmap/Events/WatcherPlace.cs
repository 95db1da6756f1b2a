using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;

namespace Sockmap.Events;

/// <summary>
/// A ring buffer of our own in one of the places of a bypass's <c>watchers</c>. While it is there the programs write
/// events into it; Dispose takes it out.
/// </summary>
internal sealed class WatcherPlace : IDisposable
{
    /// <summary>By this name others see in a list of maps whose it is.</summary>
    public const string RingName = "sockmap_events";

    private readonly BpfMap _watchers;
    private readonly BpfMap _lost;
    private readonly BpfMap _ring;
    private readonly RingBufferReader _reader;
    private readonly uint _place;
    private readonly uint _ringId;
    private ulong _lostSoFar;

    private WatcherPlace(BpfMap watchers, BpfMap lost, BpfMap ring, uint place)
    {
        _watchers = watchers;
        _lost = lost;
        _ring = ring;
        _place = place;
        _ringId = ring.GetInfo().Id;
        BypassId = watchers.GetInfo().Id;
        _reader = new RingBufferReader(ring);
        try
        {
            _lostSoFar = ReadLost();
            watchers.UpdateDescriptor(BitConverter.GetBytes(place), ring.Handle);
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>What tells one bypass from another one that took its name: the id of its <c>watchers</c>.</summary>
    public uint BypassId { get; }

    /// <summary>Whether the ring buffer is still where it was put.</summary>
    public bool IsHeld => _watchers.TryLookup(_place, out uint id) && id == _ringId;

    /// <summary>Which ring buffer is in which place, for people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ring buffer {_ringId} in place {_place + 1} of {_watchers.MaxEntries}");

    /// <summary>The id of the bypass in a folder, see <see cref="BypassId"/>; null where there is none.</summary>
    public static uint? IdOf(BypassFolder folder)
    {
        using BpfMap? watchers = BypassFolder.TryOpenMap(folder.Watchers);
        return watchers?.GetInfo().Id;
    }

    /// <summary>Takes a free place; null where there is no bypass in the folder.</summary>
    /// <exception cref="BypassException">As many watch as can; or another process takes a place for too long.</exception>
    public static WatcherPlace? TryTake(BypassFolder folder, int bufferSize, TimeSpan lockTimeout, Action<string> log, CancellationToken cancellationToken)
    {
        // An array of maps knows no BPF_NOEXIST (bpf_fd_array_map_update_elem), so that watchers take turns. The store's
        // own lock would keep them out for as long as a removal waits for readers, just when there is something to see.
        using IDisposable? turn = Lock(folder, lockTimeout, cancellationToken);
        if (turn is null)
        {
            return null;
        }

        BpfMap? watchers = null, lost = null, ring = null;
        try
        {
            watchers = BypassFolder.TryOpenMap(folder.Watchers);
            lost = BypassFolder.TryOpenMap(folder.Lost);
            if (watchers is null || lost is null)
            {
                watchers?.Dispose();
                lost?.Dispose();
                return null;
            }

            uint place = FindPlace(watchers, folder.Name, log);
            ring = BpfMap.Create(new MapCreateRequest { Name = RingName, Type = BpfMapType.RingBuf, MaxEntries = (uint)bufferSize });
            return new WatcherPlace(watchers, lost, ring, place);
        }
        catch
        {
            ring?.Dispose();
            lost?.Dispose();
            watchers?.Dispose();
            throw;
        }
    }

    /// <summary>Waits for an event; false when the time is over.</summary>
    public bool Wait(TimeSpan timeout, CancellationToken cancellationToken) => _reader.Wait(timeout, cancellationToken);

    /// <summary>Gives what has come to a callback, without waiting, and so many at most.</summary>
    public void Consume(RingBufferCallback callback, int most) => _reader.Consume(callback, most);

    /// <summary>How many events found no room since the last call.</summary>
    public ulong TakeLost()
    {
        ulong now = ReadLost();
        ulong more = now - _lostSoFar;
        _lostSoFar = now;
        return more;
    }

    public void Dispose()
    {
        try
        {
            if (IsHeld)
            {
                _watchers.TryDelete(_place);
            }
        }
        finally
        {
            _reader.Dispose();
            _ring.Dispose();
            _lost.Dispose();
            _watchers.Dispose();
        }
    }

    private static DirectoryLock? Lock(BypassFolder folder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return DirectoryLock.Acquire(folder.Path, timeout, cancellationToken);
        }
        catch (BpfException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
        catch (TimeoutException e)
        {
            throw new BypassException(
                BypassError.BypassLocked,
                $"Another process has been about to watch bypass '{folder.Name}' for {timeout.TotalSeconds:0} s: try again when it is done.",
                e);
        }
    }

    /// <summary>A free place; those of watchers that were killed are free.</summary>
    private static uint FindPlace(BpfMap watchers, string bypass, Action<string> log)
    {
        uint? free = null;
        List<(uint Place, uint RingId)> taken = [];
        for (uint place = 0; place < watchers.MaxEntries; place++)
        {
            if (watchers.TryLookup(place, out uint id))
            {
                taken.Add((place, id));
            }
            else
            {
                free ??= place;
            }
        }

        // A ring buffer that nobody reads costs the programs something with every event.
        if (taken.Count > 0 && HeldMaps.TryFind(log) is { } held)
        {
            foreach ((uint place, uint ringId) in taken.Where(entry => !held.Contains(entry.RingId)))
            {
                watchers.TryDelete(place);
                log(string.Create(CultureInfo.InvariantCulture, $"Took away ring buffer {ringId}, which a watcher of bypass '{bypass}' left that was killed."));
                free ??= place;
            }
        }

        return free ?? throw new BypassException(
            BypassError.TooManyWatchers,
            $"{watchers.MaxEntries} watchers watch bypass '{bypass}' already, and there is room for no more: end one (Get-BpfMap -Name {RingName} shows their processes).");
    }

    private ulong ReadLost() => _lost.TryLookup(_place, out ulong count) ? count : 0;
}
