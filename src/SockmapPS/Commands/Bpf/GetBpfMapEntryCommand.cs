using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using SockmapPS.Errors;
using SockmapPS.Output;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfMapEntry: what is in a map.</summary>
[Cmdlet(VerbsCommon.Get, "BpfMapEntry", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BpfMapEntry), typeof(BpfMapSocketEntry))]
public sealed class GetBpfMapEntryCommand : BpfMapCommand
{
    /// <summary>The key to look up; every entry where none is given.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? Key { get; set; }

    /// <summary>Leaves keys and values as bytes.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    private protected override bool ReadsOnly => true;

    private protected override string? Explain(OpenedMap map) => map.Map.Type switch
    {
        BpfMapType.SkStorage => $"{map} cannot be listed, since its values lie in the sockets that they belong to: look one up with -Key and a socket.",
        BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage =>
            $"{map} cannot be listed, since its values lie in the files, tasks or cgroups that they belong to: look one up with -Key and a handle of one.",
        BpfMapType.RingBuf or BpfMapType.UserRingBuf => $"{map} has no entries but a stream of records, which its reader takes.",
        BpfMapType.BloomFilter => $"{map} only tells whether a value may be in it; it cannot be listed.",
        BpfMapType.Arena => $"{map} has no entries; it is memory that programs and processes share.",
        _ => null,
    };

    private protected override void Work(OpenedMap map)
    {
        if (map.Layout.Problem is { } problem)
        {
            WriteVerbose($"{map}: its types are not used: {problem}");
        }

        if (Key is not null)
        {
            LookUp(map);
            return;
        }

        if (map.Map is { Type: BpfMapType.SockHash, ValueSize: sizeof(uint) })
        {
            WriteWarning($"Keys only: {Unreadable(map)}");
        }

        foreach (MapEntry entry in map.Map.EnumerateEntries())
        {
            StopToken.ThrowIfCancellationRequested();
            WriteObject(ToOutput(map, entry));
        }
    }

    private void LookUp(OpenedMap map)
    {
        if (TryEncodeKey(map, Key) is not { } key)
        {
            return;
        }

        byte[] value = new byte[map.Map.LookupSize];
        if (map.Map.TryLookup(key, value))
        {
            WriteObject(ToOutput(map, new MapEntry(key, value)));
        }
        else
        {
            WriteError(new BpfException($"Reading {Describe(map, key)} of {map}", Errno.ENOENT)
                .ToErrorRecord(MapError.KeyNotFound, Key, $"{map} has no entry with {Describe(map, key)}."));
        }
    }

    private BpfMapEntry ToOutput(OpenedMap map, MapEntry entry)
    {
        // A queue has no keys.
        object? key = entry.Key.Length == 0 ? null : Raw ? entry.Key : MapValues.ToScript(map.Layout.DecodeKey(entry.Key));
        object? value = entry.Value is null || Raw ? entry.Value : MapValues.ToScript(map.Layout.DecodeValue(entry.Value));
        return map.Map.Type is BpfMapType.SockMap or BpfMapType.SockHash or BpfMapType.ReuseportSockArray
            ? new BpfMapSocketEntry
            {
                MapId = map.Id,
                MapName = map.Map.Name,
                MapType = map.Map.Type.ToString(),
                Key = key,
                Value = value,
                KeyBytes = entry.Key,
                ValueBytes = entry.Value,
                Cookie = map.Layout.HoldsCookies && entry.Value is not null ? BitConverter.ToUInt64(entry.Value) : null,
            }
            : new BpfMapEntry
            {
                MapId = map.Id,
                MapName = map.Map.Name,
                MapType = map.Map.Type.ToString(),
                Key = key,
                Value = value,
                KeyBytes = entry.Key,
                ValueBytes = entry.Value,
            };
    }
}
