using System.Runtime.CompilerServices;
using System.Text.Json;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Interop;
using Sockmap.Proxies.Layout;
using Sockmap.Proxies.Store;

namespace Sockmap.Proxies;

/// <summary>
/// What others read of a proxy, and how they tell it to stop: maps pinned in its folder on bpffs. None of them holds a socket
/// or a program, so that nothing but its process keeps the proxy alive; whose lock on the folder says that it is.
/// </summary>
internal sealed class ProxyBoard : IDisposable
{
    private readonly List<IDisposable> _resources = [];
    private readonly MappedArray<ProxyCounters>? _counters;
    private readonly MappedArray<ProxyRecord>? _records;
    private readonly ProxyFolder? _folder;

    // Where there are no maps.
    private readonly ProxyCounters[] _ownCounters = new ProxyCounters[1];
    private readonly ProxyRecord[] _ownRecords = [];

    private ProxyBoard(int connections) => _ownRecords = new ProxyRecord[connections];

    private ProxyBoard(ProxyFolder folder, int connections, ProxyDescription description, SpliceEngine? engine)
    {
        _folder = folder;
        try
        {
            BpfMap counters = Create("proxy_counters", Unsafe.SizeOf<ProxyCounters>(), 1);
            BpfMap records = Create("proxy_records", Unsafe.SizeOf<ProxyRecord>(), connections);
            _counters = Own(new MappedArray<ProxyCounters>(counters));
            _records = Own(new MappedArray<ProxyRecord>(records));
            Counters.State = (ulong)ProxyState.Running;
            Publish(folder, description, engine, counters, records);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What its process counts.</summary>
    public ref ProxyCounters Counters => ref _counters is null ? ref _ownCounters[0] : ref _counters[0];

    /// <summary>What is told of a connection, by its place.</summary>
    public ref ProxyRecord Record(int slot) => ref _records is null ? ref _ownRecords[slot] : ref _records[slot];

    /// <summary>Makes the maps and pins them.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="connections">How many places there are.</param>
    /// <param name="description">What does not change.</param>
    /// <param name="engine">The kernel's part, where there is one.</param>
    /// <exception cref="Bypasses.BypassException">Another proxy has the name (ProxyExists).</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static ProxyBoard Open(ProxyFolder folder, int connections, ProxyDescription description, SpliceEngine? engine) =>
        new(folder, connections, description, engine);

    /// <summary>One that nobody else reads, for a process that may make no maps.</summary>
    public static ProxyBoard Unlisted(int connections) => new(connections);

    /// <summary>Tells others who is connected with whom, and how.</summary>
    public unsafe void Tell(ProxyConnection connection)
    {
        ref ProxyRecord record = ref Record(connection.Slot);
        record.Mode = (ulong)connection.Mode;
        fixed (byte* client = record.Client, target = record.Target, reason = record.Reason)
        {
            ProxyRecord.Write(new Span<byte>(client, ProxyRecord.AddressRoom), connection.ClientAddress);
            ProxyRecord.Write(new Span<byte>(target, ProxyRecord.AddressRoom), connection.Target?.ToString() ?? string.Empty);
            ProxyRecord.Write(new Span<byte>(reason, ProxyRecord.ReasonRoom), connection.Reason);
        }

        Volatile.Write(ref record.Id, connection.Id);
    }

    /// <summary>Takes the pins away. Whoever has the maps open reads on.</summary>
    public void Dispose()
    {
        if (_resources.Exists(resource => resource is DirectoryLock))
        {
            _folder?.Remove();
        }

        _resources.ForEach(resource => resource.Dispose());
        _resources.Clear();
    }

    private void Publish(ProxyFolder folder, ProxyDescription description, SpliceEngine? engine, BpfMap counters, BpfMap records)
    {
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(description, ProxyJsonContext.Default.ProxyDescription);
        BpfMap settings = Own(BpfMap.Create(new() { Name = "proxy_settings", Type = BpfMapType.Array, KeySize = sizeof(int), ValueSize = text.Length, MaxEntries = 1 }));
        int first = 0;
        settings.Update(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in first)), text);
        Own(folder.Create(unfinished =>
        {
            settings.Pin(unfinished.Settings);
            counters.Pin(unfinished.Counters);
            records.Pin(unfinished.Records);
            engine?.Totals.Pin(unfinished.Totals);
            engine?.Ways.Pin(unfinished.Ways);
        }));
    }

    private BpfMap Create(string name, int size, int entries) => Own(BpfMap.Create(new()
    {
        Name = name,
        Type = BpfMapType.Array,
        KeySize = sizeof(int),
        ValueSize = size,
        MaxEntries = (uint)entries,
        Flags = SocketConstants.BPF_F_MMAPABLE,
    }));

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _resources.Add(resource);
        return resource;
    }
}
