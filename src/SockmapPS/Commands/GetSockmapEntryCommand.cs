using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Sockets;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Output;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapEntry: the sockets that a bypass holds, or any other sockmap.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapEntry", DefaultParameterSetName = BypassSet)]
[OutputType(typeof(SockmapEntry), ParameterSetName = [BypassSet])]
[OutputType(typeof(SockmapMapEntry), ParameterSetName = [MapSet, MapObjectSet])]
public sealed class GetSockmapEntryCommand : ConnectionFilterCommand
{
    internal const string BypassSet = "Bypass";
    internal const string MapSet = "Map";
    internal const string MapObjectSet = "MapObject";

    private EntryFilter _filter = new();

    /// <summary>Names and wildcards; every bypass where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = BypassSet)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string[]? Bypass { get; set; }

    /// <summary>Ids or pins of maps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = MapSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MapIdCompleter))]
    public string[]? Map { get; set; }

    /// <summary>Maps, as Get-BpfMap emits them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = MapObjectSet)]
    [ValidateNotNull]
    public MapRecord? InputObject { get; set; }

    /// <summary>Only sockets in one of these states.</summary>
    [Parameter]
    public SocketState[] State { get; set; } = [];

    /// <summary>Does not look who holds the sockets.</summary>
    [Parameter]
    public SwitchParameter NoProcess { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = BypassSet)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    private protected override IReadOnlyList<SocketState> States => State;

    /// <inheritdoc />
    protected override void BeginProcessing()
    {
        _filter = BuildFilter();
        if (NoProcess && _filter.AsksForProcesses)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSInvalidOperationException("-ProcessName and -ProcessId ask who holds the sockets, which -NoProcess says not to look up: leave one of them out."),
                "InvalidFilter",
                ErrorCategory.InvalidArgument,
                null));
        }
    }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case MapSet:
                foreach (string map in Map!)
                {
                    ListMap(map, () => uint.TryParse(map, out uint id) ? BpfMap.OpenById(id) : BpfMap.OpenPinned(ResolveFolder(map), readOnly: true));
                }

                break;
            case MapObjectSet:
                ListMap(InputObject!.Id, () => BpfMap.OpenById(InputObject.Id));
                break;
            default:
                BypassManager manager = OpenManager(BpfFileSystem);
                ForEachBypass(manager, Bypass, name => Emit(manager.GetEntries(name, new EntryListOptions { Processes = !NoProcess })));
                break;
        }
    }

    private void Emit<T>(IEnumerable<T> entries)
        where T : IConnectionEnd
    {
        foreach (T entry in entries)
        {
            StopToken.ThrowIfCancellationRequested();
            if (_filter.Matches(entry))
            {
                WriteObject(entry);
            }
        }
    }

    private void ListMap(object target, Func<BpfMap> open)
    {
        BpfMap opened;
        try
        {
            opened = open();
        }
        catch (Exception exception) when (exception is BpfException or InvalidDataException)
        {
            WriteError(exception.ToErrorRecord(MapErrorRecord.OfOpening(exception), target));
            return;
        }

        using BpfMap map = opened;
        if (map.Type is not (BpfMapType.SockMap or BpfMapType.SockHash))
        {
            WriteError(new NotSupportedException($"{map} holds no sockets: give a SockMap or SockHash; Get-BpfMap -Type SockHash, SockMap lists them.")
                .ToErrorRecord(MapError.NotSupportedByMap, target));
            return;
        }

        try
        {
            ListMap(map);
        }
        catch (BpfException exception)
        {
            WriteError(exception.ToErrorRecord(MapErrorRecord.Other(exception), target));
        }
        catch (SocketAccessException exception)
        {
            WriteError(exception.ToErrorRecord(target));
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private void ListMap(BpfMap map)
    {
        SocketReadOptions options = new() { Log = WriteVerbose };
        using SocketListing<SockmapMember> members = SockmapMembers.Read(map, options);
        if (members.Source == SocketSource.Proc && map.ValueSize == sizeof(uint))
        {
            WriteWarning($"Keys only: {map} has values of 4 bytes, of which the kernel tells only its own iterator whose sockets they are: {members.FallbackReason}");
        }

        SockmapMapReader reader = new(map, NoProcess ? null : ProcessTable.Read(options));
        Emit(members.Select(reader.ToOutput));
    }
}
