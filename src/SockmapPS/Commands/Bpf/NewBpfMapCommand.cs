using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using SockmapPS.Errors;

namespace SockmapPS.Commands.Bpf;

/// <summary>New-BpfMap: creates a map and pins it.</summary>
[Cmdlet(VerbsCommon.New, "BpfMap", SupportsShouldProcess = true)]
[OutputType(typeof(MapRecord))]
public sealed class NewBpfMapCommand : BpfCommand
{
    /// <summary>Where it is pinned, on a bpffs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string PinPath { get; set; } = "";

    /// <summary>What it is.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public BpfMapType Type { get; set; }

    /// <summary>Bytes of a key; may be left out where the type takes only one size.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, int.MaxValue)]
    public int? KeySize { get; set; }

    /// <summary>Bytes of a value; may be left out where the type takes only one size.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, int.MaxValue)]
    public int? ValueSize { get; set; }

    /// <summary>How many entries fit; bytes for ring buffers, pages for arenas.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public uint MaxEntries { get; set; }

    /// <summary>The kernel's flags.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public BpfMapFlags Flags { get; set; }

    /// <summary>Its name; that of the pin where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>For maps of maps: the id, the pin or the object of a map like those that it will hold.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? InnerMap { get; set; }

    /// <summary>The NUMA node that its memory comes from.</summary>
    [Parameter]
    public uint? NumaNode { get; set; }

    /// <summary>What some types know beside: the number of hash functions of a bloom filter.</summary>
    [Parameter]
    public ulong MapExtra { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        string path = ResolveFolder(PinPath);
        try
        {
            if (path.StartsWith(BpfFileSystem.StandardMountPoint + "/", StringComparison.Ordinal))
            {
                BpfFileSystem.FindOrMountStandard();
            }

            BpfFileSystem.ThrowIfInvalidPath(path);
        }
        catch (Exception exception) when (exception is ArgumentException or BpfException)
        {
            WriteError(exception.ToErrorRecord(exception is ArgumentException ? MapError.InvalidPinPath : MapErrorRecord.Other(exception), path));
            return;
        }

        BpfMap? inner = null;
        try
        {
            if (InnerMap is not null && (inner = TryOpenInner()) is null)
            {
                return;
            }

            Create(path, inner);
        }
        catch (MapRuleException exception)
        {
            WriteError(exception.ToErrorRecord(MapError.InvalidMapSetting, path));
        }
        catch (BpfException exception)
        {
            MapError error = exception.Errno == Errno.EEXIST ? MapError.PinExists : MapErrorRecord.Other(exception);
            WriteError(exception.ToErrorRecord(error, path));
        }
        finally
        {
            inner?.Dispose();
        }
    }

    private void Create(string path, BpfMap? inner)
    {
        // The rules are looked at before anything is made, and by -WhatIf too. BTF alone goes when this ends.
        int valueSize = ValueSize ?? MapCreationRules.OnlyValueSize(Type) ?? 0;
        bool isStorage = Type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage;
        using BtfObject? btf = isStorage && valueSize > 0 ? StorageBtf.Load(valueSize) : null;
        MapCreateRequest request = new()
        {
            Name = Name ?? System.IO.Path.GetFileName(path),
            Type = Type,
            KeySize = KeySize ?? MapCreationRules.OnlyKeySize(Type) ?? 0,
            ValueSize = valueSize,
            MaxEntries = MaxEntries,
            Flags = (uint)(Flags | MapCreationRules.RequiredFlags(Type)),
            InnerMap = inner,
            NumaNode = NumaNode,
            MapExtra = MapExtra,
            Btf = btf,
            KeyTypeId = btf is null ? 0 : StorageBtf.KeyTypeId,
            ValueTypeId = btf is null ? 0 : StorageBtf.ValueTypeId,
        };
        MapCreationRules.ThrowIfBroken(request);
        if (!ShouldProcess(path, string.Create(CultureInfo.InvariantCulture, $"Create {Type} map '{request.Name}' (key {request.KeySize} bytes, value {request.ValueSize} bytes, {MaxEntries} entries)")))
        {
            return;
        }

        using (BpfMap map = BpfMap.Create(request))
        {
            map.Pin(path);
        }

        // As Get-BpfMap shows it. Its one pin is known, and nobody else can have opened it before.
        BpfInventory inventory = new(Options with { FindHolders = false, FindPins = false });
        WriteObject(inventory.PinnedMap(path) with { Pinned = [path] });
    }

    private BpfMap? TryOpenInner()
    {
        object given = InnerMap is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : InnerMap!;
        try
        {
            if (given is string path && !uint.TryParse(path, CultureInfo.InvariantCulture, out _))
            {
                return BpfMap.OpenPinned(ResolveFolder(path));
            }

            object? id = LanguagePrimitives.TryConvertTo(given, out uint _) ? given : PSObject.AsPSObject(given).Properties["Id"]?.Value;
            if (id is not null && LanguagePrimitives.TryConvertTo(id, out uint number))
            {
                return BpfMap.OpenById(number);
            }

            WriteError(new MapRuleException($"-InnerMap takes the id of a map, the path of its pin, or what Get-BpfMap emits; '{given}' is neither.")
                .ToErrorRecord(MapError.InvalidMapSetting, given));
        }
        catch (Exception exception) when (exception is BpfException or InvalidDataException)
        {
            WriteError(exception.ToErrorRecord(MapErrorRecord.OfOpening(exception), given));
        }

        return null;
    }
}
