using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Programs;
using SockmapPS.Output;

namespace SockmapPS.Commands.Bpf;

/// <summary>What the cmdlets share that attach, detach, pin and unpin.</summary>
public abstract class BpfAttachingCommand : BpfCommand
{
    private protected override bool Changes => true;

    /// <summary>Opens a program by its id, or where that is null by its pin.</summary>
    private protected BpfProgram OpenProgram(uint? id, string? path)
    {
        if (id is not { } number)
        {
            return BpfProgram.OpenPinned(ResolveFile(path!));
        }

        try
        {
            return BpfProgram.OpenById(number);
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
        {
            throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"There is no program with id {number}"), Errno.ENOENT, exception);
        }
    }

    /// <summary>Opens the one thing that was named to attach to.</summary>
    /// <exception cref="ArgumentException">More than one thing was named.</exception>
    private protected AttachPoint OpenPoint(string? cgroup, object? map, string? networkNamespace, string? networkInterface, string? tracepoint)
    {
        // An interface is in a namespace, so these two go together.
        int named = new object?[] { cgroup, map, networkInterface ?? networkNamespace, tracepoint }.Count(static value => value is not null);
        if (named > 1)
        {
            throw new ArgumentException("Name one thing to attach to: -Cgroup, -Map, -NetworkNamespace, -Interface or -Tracepoint.", nameof(cgroup));
        }

        string? network = networkNamespace is null ? null : ResolveFile(networkNamespace);
        if (cgroup is not null)
        {
            return AttachPoint.OpenCgroup(ResolveFolder(cgroup));
        }

        if (map is not null)
        {
            return OpenMap(map);
        }

        if (networkInterface is not null)
        {
            return AttachPoint.OpenInterface(networkInterface, network);
        }

        return network is not null ? AttachPoint.OpenNetworkNamespace(network) : AttachPoint.OfProgram(tracepoint);
    }

    private AttachPoint OpenMap(object map)
    {
        object plain = map is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : map;
        return plain switch
        {
            MapRecord record => OpenMapById(record.Id),
            ImportedBpfObject { Kind: "Map" } made => OpenMapById(made.Id),
            string text when !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) => AttachPoint.OpenPinnedMap(ResolveFile(text)),
            _ when LanguagePrimitives.TryConvertTo(plain, out uint id) => OpenMapById(id),
            _ => throw new ArgumentException($"'{map}' is no map: give its id, the path of its pin, or what Get-BpfMap or Import-BpfObject emits.", nameof(map)),
        };
    }

    private static AttachPoint OpenMapById(uint id)
    {
        try
        {
            return AttachPoint.OpenMapById(id);
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
        {
            throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"There is no map with id {id}"), Errno.ENOENT, exception);
        }
    }
}
