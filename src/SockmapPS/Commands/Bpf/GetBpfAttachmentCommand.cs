using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>Get-BpfAttachment: which program is attached where.</summary>
[Cmdlet(VerbsCommon.Get, "BpfAttachment", DefaultParameterSetName = AllSet)]
[OutputType(typeof(AttachmentRecord))]
public sealed class GetBpfAttachmentCommand : BpfCommand
{
    private const string AllSet = "All";
    private const string CgroupSet = "Cgroup";
    private const string MapSet = "Map";
    private const string InterfaceSet = "Interface";
    private const string NamespaceSet = "NetworkNamespace";
    private const string LinkSet = "Link";

    private AttachmentInventory? _attachments;
    private TextFilter? _names;

    /// <summary>Only programs with these names; wildcards.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Folders of cgroups.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CgroupSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[]? Cgroup { get; set; }

    /// <summary>Also the cgroups below.</summary>
    [Parameter(ParameterSetName = CgroupSet)]
    public SwitchParameter Recurse { get; set; }

    /// <summary>What runs in the cgroup, wherever it is attached.</summary>
    [Parameter(ParameterSetName = CgroupSet)]
    public SwitchParameter Effective { get; set; }

    /// <summary>Sockmaps and sockhashes: ids, pins, or names.</summary>
    [Parameter(Mandatory = true, ParameterSetName = MapSet, ValueFromPipelineByPropertyName = true)]
    [Alias("MapId")]
    [ValidateNotNullOrEmpty]
    public string[]? Map { get; set; }

    /// <summary>Network interfaces.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InterfaceSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Interface { get; set; }

    /// <summary>The network namespaces.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NamespaceSet)]
    public SwitchParameter NetworkNamespace { get; set; }

    /// <summary>What the links themselves name.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LinkSet)]
    public SwitchParameter Link { get; set; }

    /// <summary>Only these attach types.</summary>
    [Parameter]
    public BpfAttachType[]? AttachType { get; set; }

    private TextFilter? Names => _names ??= TextFilter.Of(Name);

    private AttachmentInventory Attachments => _attachments ??= new(Options);

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case CgroupSet:
                Array.ForEach(Cgroup!, path => Write(Attachments.OnCgroup(ResolveFolder(path), Recurse, Effective), path));
                break;
            case MapSet:
                Array.ForEach(Map!, WriteMap);
                break;
            case InterfaceSet:
                Array.ForEach(Interface!, WriteInterfaces);
                break;
            case NamespaceSet:
                Write(Attachments.OnNetworkNamespaces(), null);
                break;
            case LinkSet:
                Write(Attachments.ByLinks(), null);
                break;
            default:
                Write(Attachments.All(), null);
                break;
        }
    }

    /// <inheritdoc />
    protected override void EndProcessing() => WriteMissing(_names, name => $"There is no attachment of a program with the name '{name}'{(ParameterSetName == AllSet ? "" : " where it was looked for")}");

    private void WriteMap(string map)
    {
        if (map.Contains('/', StringComparison.Ordinal))
        {
            Try(() => Write(Attachments.OnPinnedMap(ResolveFile(map)), map), map);
        }
        else if (uint.TryParse(map, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out uint id))
        {
            Try(() => Write(Attachments.OnMap(id), map), map);
        }
        else if (WildcardPattern.ContainsWildcardCharacters(map))
        {
            WildcardPattern pattern = new(map, WildcardOptions.CultureInvariant);
            Write(Attachments.OnMaps().Where(record => pattern.IsMatch(record.Target)), map);
        }
        else
        {
            Try(() => Write(OnNamedMaps(map), map), map);
        }
    }

    /// <summary>What is attached to the sockmaps and sockhashes of one name: the map must be there, though nothing need be attached.</summary>
    private IEnumerable<AttachmentRecord> OnNamedMaps(string name)
    {
        BpfInventory maps = new(Options with { FindHolders = false, FindPins = false });
        uint[] ids = [.. maps.Maps().Where(map => map.Type is BpfMapType.SockMap or BpfMapType.SockHash && map.Name == name).Select(static map => map.Id)];
        return ids.Length == 0
            ? throw new BpfException($"There is no sockmap or sockhash with the name '{name}'", Errno.ENOENT)
            : ids.SelectMany(Attachments.OnMap);
    }

    private void WriteInterfaces(string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            Write(Attachments.OnInterfaces(name), name);
            return;
        }

        WildcardPattern pattern = new(name, WildcardOptions.CultureInvariant);
        Write(Attachments.OnInterfaces().Where(record => pattern.IsMatch(record.Target)), name);
    }

    private void Write(IEnumerable<AttachmentRecord> records, object? target)
    {
        Try(
            () =>
            {
                foreach (AttachmentRecord record in records)
                {
                    ThrowIfStopped();
                    if (Names?.IsMatch(record.ProgName) != false && (AttachType is null || (record.AttachType is { } type && AttachType.Contains(type))))
                    {
                        WriteObject(record);
                    }
                }
            },
            target);
    }
}
