using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Proxies.Layout;
using Sockmap.Proxies.Store;

namespace Sockmap.Proxies;

/// <summary>The maps of one proxy, open to be read; they can be read on when it has ended.</summary>
internal sealed class ProxyReader : IDisposable
{
    private readonly ProxyFolder _folder;
    private readonly BpfMap _counters;
    private readonly BpfMap _records;
    private readonly BpfMap? _totals;
    private readonly BpfMap? _ways;

    private ProxyReader(ProxyFolder folder, ProxyDescription description, BpfMap counters, BpfMap records)
    {
        _folder = folder;
        Description = description;
        _counters = counters;
        _records = records;
        _totals = ProxyFolder.TryOpen(folder.Totals);
        _ways = ProxyFolder.TryOpen(folder.Ways);
    }

    /// <summary>What does not change.</summary>
    public ProxyDescription Description { get; }

    /// <summary>Opens a proxy's maps.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="writable">Also to tell it something.</param>
    /// <returns>Null where there is none (any more).</returns>
    /// <exception cref="BypassException">Another version made it (BypassForeign).</exception>
    public static ProxyReader? TryOpen(ProxyFolder folder, bool writable = false)
    {
        using BpfMap? settings = ProxyFolder.TryOpen(folder.Settings);
        BpfMap? counters = ProxyFolder.TryOpen(folder.Counters, readOnly: !writable);
        BpfMap? records = ProxyFolder.TryOpen(folder.Records);
        if (settings is null || counters is null || records is null)
        {
            counters?.Dispose();
            records?.Dispose();
            return null;
        }

        byte[] text = new byte[settings.ValueSize];
        settings.TryLookup(IndexOf(0), text);
        ProxyDescription? description = JsonSerializer.Deserialize(text, ProxyJsonContext.Default.ProxyDescription);
        if (description is not { Layout: ProxyDescription.CurrentLayout } || counters.ValueSize != Unsafe.SizeOf<ProxyCounters>() || records.ValueSize != Unsafe.SizeOf<ProxyRecord>())
        {
            counters.Dispose();
            records.Dispose();
            throw new BypassException(BypassError.BypassForeign, $"Proxy '{folder.Name}' in '{folder.Path}' is of another version of SockmapPS: use that one to see it and to stop it.");
        }

        return new ProxyReader(folder, description, counters, records);
    }

    /// <summary>What its process counts.</summary>
    public ProxyCounters ReadCounters()
    {
        int first = 0;
        _counters.TryLookup(in first, out ProxyCounters counters);
        return counters;
    }

    /// <summary>Tells it how long it may take to stop.</summary>
    public void SetStopTimeout(TimeSpan timeout)
    {
        // Mapped, since writing the whole value would undo what its process counts meanwhile.
        using MappedArray<ProxyCounters> mapped = new(_counters);
        Volatile.Write(ref mapped[0].StopTimeout, (ulong)timeout.TotalMilliseconds + 1);
    }

    /// <summary>All that is known of it.</summary>
    /// <param name="isAlive">Whether its process is.</param>
    public ProxyStatus ReadStatus(bool isAlive)
    {
        ProxyCounters counters = ReadCounters();
        SpliceTotals totals = ReadTotals();
        return new ProxyStatus
        {
            Name = Description.Name,
            State = isAlive ? (ProxyState)counters.State : ProxyState.Stopped,
            Listen = Description.Listen,
            To = Description.To,
            ProcessId = Description.ProcessId,
            StartedAt = Description.StartedAt,
            Active = isAlive ? counters.Active : 0,
            MaxConnections = Description.MaxConnections,
            Accepted = counters.Accepted,
            Spliced = counters.Spliced,
            Copied = counters.Copied,
            Failed = counters.Failed,
            Reset = counters.Reset,
            SplicedBytesUp = totals.BytesUp,
            SplicedBytesDown = totals.BytesDown,
            CopiedBytesUp = counters.CopiedBytesUp,
            CopiedBytesDown = counters.CopiedBytesDown,
            RepeatedBytes = totals.RepeatedBytes,
            CopyReason = Description.CopyReason,
            Path = _folder.Path,
            BpfFileSystem = _folder.BpfFileSystem,
        };
    }

    /// <summary>Its connections, oldest first.</summary>
    public IEnumerable<ProxyConnectionStatus> ReadConnections()
    {
        List<ProxyConnectionStatus> connections = [];
        foreach (MapEntry entry in _records.EnumerateEntries())
        {
            ProxyRecord record = MemoryMarshal.Read<ProxyRecord>(entry.Value);
            if (record.Id != 0)
            {
                connections.Add(Describe(MemoryMarshal.Read<int>(entry.Key), in record));
            }
        }

        return connections.OrderBy(connection => connection.Id);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _counters.Dispose();
        _records.Dispose();
        _totals?.Dispose();
        _ways?.Dispose();
    }

    private static byte[] IndexOf(int index) => BitConverter.GetBytes(index);

    private unsafe ProxyConnectionStatus Describe(int slot, in ProxyRecord record)
    {
        fixed (ProxyRecord* text = &record)
        {
            return new ProxyConnectionStatus
            {
                Proxy = Description.Name,
                Id = record.Id,
                Client = ProxyRecord.Read(new ReadOnlySpan<byte>(text->Client, ProxyRecord.AddressRoom)),
                Target = ProxyRecord.Read(new ReadOnlySpan<byte>(text->Target, ProxyRecord.AddressRoom)),
                Mode = (ProxyMode)record.Mode,
                Reason = ProxyRecord.Read(new ReadOnlySpan<byte>(text->Reason, ProxyRecord.ReasonRoom)),
                StartedAt = new DateTime(record.Began, DateTimeKind.Utc).ToLocalTime(),
                SplicedBytesUp = SplicedBytes((ProxyMode)record.Mode, 2 * slot),
                SplicedBytesDown = SplicedBytes((ProxyMode)record.Mode, (2 * slot) + 1),
                CopiedBytesUp = record.CopiedBytesUp,
                CopiedBytesDown = record.CopiedBytesDown,
            };
        }
    }

    private ulong SplicedBytes(ProxyMode mode, int number)
    {
        SpliceWay way = default;
        _ = mode == ProxyMode.Spliced && _ways?.TryLookup(in number, out way) == true;
        return way.RedirectedBytes;
    }

    private SpliceTotals ReadTotals()
    {
        SpliceTotals sum = default;
        foreach (byte[] one in _totals?.LookupPerCpu(IndexOf(0)) ?? [])
        {
            SpliceTotals totals = MemoryMarshal.Read<SpliceTotals>(one);
            sum.BytesUp += totals.BytesUp;
            sum.BytesDown += totals.BytesDown;
            sum.MessagesUp += totals.MessagesUp;
            sum.MessagesDown += totals.MessagesDown;
            sum.RepeatedBytes += totals.RepeatedBytes;
        }

        return sum;
    }
}
