using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Btf.Values;
using Sockmap.Bpf.Maps;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>What the cmdlets share that work on maps: they find the map by its id or its pin, and each map has errors of its own.</summary>
public abstract class BpfMapCommand : BpfCommand
{
    internal const string PathSet = "Path";
    internal const string LiteralPathSet = "LiteralPath";
    internal const string IdSet = "Id";

    private OpenedMap? _opened;

    /// <summary>Pins of maps; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>Pins of maps, word for word.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>Ids of maps.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias("MapId")]
    [ArgumentCompleter(typeof(MapIdCompleter))]
    public uint[]? Id { get; set; }

    /// <summary>Whether the map is only read, which read permission on a pin is enough for.</summary>
    private protected virtual bool ReadsOnly => false;

    /// <inheritdoc />
    protected sealed override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case IdSet:
                foreach (uint id in Id!)
                {
                    WorkOn(id, () => BpfMap.OpenById(id));
                }

                break;
            case LiteralPathSet:
                foreach (string path in LiteralPath!)
                {
                    WorkOnPin(ResolveFile(path));
                }

                break;
            default:
                foreach (string path in Path!)
                {
                    WorkOnPins(path);
                }

                break;
        }
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _opened?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Does the cmdlet's work on one map. What it throws becomes an error record.</summary>
    private protected abstract void Work(OpenedMap map);

    /// <summary>What an error of the work means for this cmdlet.</summary>
    private protected virtual MapError Classify(Exception exception) => MapErrorRecord.Other(exception);

    /// <summary>Why maps of this type cannot do what the cmdlet does; null to let the exception say it.</summary>
    private protected virtual string? Explain(OpenedMap map) => null;

    /// <summary>The bytes of a key that a script gave.</summary>
    /// <returns>Null when it is no key of the map; that is written as an error.</returns>
    private protected byte[]? TryEncodeKey(OpenedMap map, object? key)
    {
        if (map.Map.KeySize == 0)
        {
            return [];
        }

        if (key is null)
        {
            WriteError(new ValueEncodingException($"{map} has keys; give one with -Key.").ToErrorRecord(MapError.InvalidKey, map.Target));
            return null;
        }

        object? plain = MapValues.FromScript(key);
        if (map.Map.Type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage
            && DescriptorArgument.Find(plain) is { } owner)
        {
            // The caller's variable keeps it open while the cmdlet runs.
            plain = owner.DangerousGetHandle().ToInt64();
        }

        return TryEncode(() => map.Layout.EncodeKey(plain), MapError.InvalidKey, key);
    }

    /// <summary>Runs an encoding; what cannot be encoded is written as an error.</summary>
    private protected byte[]? TryEncode(Func<byte[]> encode, MapError error, object? target)
    {
        try
        {
            return encode();
        }
        catch (Exception exception) when (exception is ValueEncodingException or ArgumentException)
        {
            WriteError(exception.ToErrorRecord(error, target));
            return null;
        }
    }

    /// <summary>A key for people: its members or number, else its bytes.</summary>
    private protected static string Describe(OpenedMap map, byte[] key) =>
        key.Length == 0 ? "the next element" : $"key {MapValueText.Format(MapValues.ToScript(map.Layout.DecodeKey(key)))}";

    private void WorkOnPins(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            WorkOnPin(ResolveFile(path));
            return;
        }

        try
        {
            foreach (string pin in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _))
            {
                WorkOnFound(pin);
            }
        }
        catch (ItemNotFoundException exception)
        {
            WriteError(exception.ToErrorRecord(MapError.MapNotFound, path));
        }
    }

    /// <summary>A wildcard finds folders, programs and links as well, which nobody asked for.</summary>
    private void WorkOnFound(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        BpfMap found;
        try
        {
            found = BpfMap.OpenPinned(path, ReadsOnly);
        }
        catch (Exception exception) when (exception is InvalidDataException or BpfException { Errno: Errno.ENOENT })
        {
            WriteVerbose($"'{path}' is passed over: {exception.Message}");
            return;
        }
        catch (BpfException exception)
        {
            WriteError(exception.ToErrorRecord(MapErrorRecord.OfOpening(exception), path));
            return;
        }

        using (found)
        {
            WorkOn(path, () => BpfMap.OpenPinned(path, ReadsOnly));
        }
    }

    private void WorkOnPin(string path) => WorkOn(path, () => BpfMap.OpenPinned(path, ReadsOnly));

    private void WorkOn(object target, Func<BpfMap> open)
    {
        OpenedMap map;
        try
        {
            map = Open(target, open);
        }
        catch (Exception exception) when (exception is BpfException or InvalidDataException)
        {
            WriteError(exception.ToErrorRecord(MapErrorRecord.OfOpening(exception), target));
            return;
        }

        try
        {
            Work(map);
        }
        catch (Exception exception) when (exception is BpfException or NotSupportedException)
        {
            WriteError(ToRecord(map, exception));
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Entries of one map come one after the other: it is opened and its types are read once.</summary>
    private OpenedMap Open(object target, Func<BpfMap> open)
    {
        if (_opened is null || !_opened.Target.Equals(target))
        {
            _opened?.Dispose();
            _opened = null;
            BpfMap map = open();
            try
            {
                _opened = new OpenedMap(map, target);
            }
            catch
            {
                map.Dispose();
                throw;
            }
        }

        return _opened;
    }

    private ErrorRecord ToRecord(OpenedMap map, Exception exception)
    {
        MapError error = Classify(exception);
        if (error == MapError.NotSupportedByMap && Explain(map) is { } sentence)
        {
            return exception.ToErrorRecord(error, map.Target, sentence);
        }

        if (error == MapError.PermissionDenied && !ReadsOnly && map.Map.GetInfo().Frozen)
        {
            return exception.ToErrorRecord(MapError.MapFrozen, map.Target, $"{map} is frozen: nothing can be written into it from user space any more.");
        }

        bool blind = map.Map is { Type: BpfMapType.SockMap or BpfMapType.SockHash, ValueSize: sizeof(uint) };
        return blind && exception is BpfException { Errno: Errno.ENOSPC }
            ? exception.ToErrorRecord(MapError.ValuesNotReadable, map.Target, Unreadable(map))
            : exception.ToErrorRecord(error, map.Target);
    }

    /// <summary>Why nothing can be seen of a map of sockets whose values have 4 bytes.</summary>
    private protected static string Unreadable(OpenedMap map) => string.Create(
        CultureInfo.InvariantCulture,
        $"{map} has values of 4 bytes, and the kernel tells a socket's cookie only where they have 8 (sock_map_lookup_sys in net/core/sock_map.c); create the map with -ValueSize 8 to see what is in it.");
}
