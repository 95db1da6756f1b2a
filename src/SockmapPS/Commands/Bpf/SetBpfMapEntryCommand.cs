using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Btf.Values;
using SockmapPS.Errors;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>Set-BpfMapEntry: writes an entry of a map, or pushes an element onto a queue or a stack.</summary>
[Cmdlet(VerbsCommon.Set, "BpfMapEntry", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class SetBpfMapEntryCommand : BpfMapCommand
{
    private bool _keyWasTyped;

    /// <summary>The key; queues, stacks and bloom filters have none.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public object? Key { get; set; }

    /// <summary>The value.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public object? Value { get; set; }

    /// <summary>The key's bytes, which entries from the pipeline carry.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public byte[]? KeyBytes { get; set; }

    /// <summary>Only creates: an error where the key is there.</summary>
    [Parameter]
    public SwitchParameter NoExist { get; set; }

    /// <summary>Only replaces: an error where the key is not there.</summary>
    [Parameter]
    public SwitchParameter Exist { get; set; }

    /// <inheritdoc />
    protected override void BeginProcessing()
    {
        _keyWasTyped = MyInvocation.BoundParameters.ContainsKey(nameof(Key));
        if (NoExist && Exist)
        {
            ThrowTerminatingError(new PSInvalidOperationException("-NoExist wants a new key and -Exist one that is there: give one of them.")
                .ToErrorRecord(MapError.InvalidKey, null));
        }
    }

    private protected override MapError Classify(Exception exception) => exception switch
    {
        BpfException { Errno: Errno.EEXIST } => MapError.KeyExists,
        BpfException { Errno: Errno.ENOENT } => MapError.KeyNotFound,
        BpfException { Errno: Errno.E2BIG } => MapError.MapFull,
        _ => base.Classify(exception),
    };

    private protected override void Work(OpenedMap map)
    {
        if (TryEncodeKey(map, _keyWasTyped ? Key : KeyBytes ?? Key) is not { } key)
        {
            return;
        }

        BpfMapUpdateFlags flags = NoExist ? BpfMapUpdateFlags.NoExist : Exist ? BpfMapUpdateFlags.Exist : BpfMapUpdateFlags.Any;
        string action = key.Length == 0 ? "Push a value" : $"Set {Describe(map, key)}";
        object? plain = MapValues.FromScript(Value);
        if (map.Map.ReferredObject is not null)
        {
            if (CheckReference(map, plain) && ShouldProcess(map.ToString(), action))
            {
                WriteReference(map, key, plain!, flags);
            }

            return;
        }

        byte[]? value = TryEncode(() => map.Layout.EncodeValue(plain), MapError.InvalidValue, Value);
        if (value is not null && ShouldProcess(map.ToString(), action))
        {
            map.Map.Update(key, value, flags);
        }
    }

    private static bool TakesNumbers(OpenedMap map) => map.Map.Type is BpfMapType.ProgArray or BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps;

    private bool CheckReference(OpenedMap map, object? value)
    {
        bool takesPaths = TakesNumbers(map) || map.Map.Type == BpfMapType.CgroupArray;
        if (DescriptorArgument.Find(value) is not null
            || (value is string text && takesPaths && !uint.TryParse(text, out _))
            || (TakesNumbers(map) && LanguagePrimitives.TryConvertTo(value, out uint _)))
        {
            return true;
        }

        string takes = map.Map.Type switch
        {
            BpfMapType.ProgArray => "the id of a program or the path of its pin",
            BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps => "the id of a map or the path of its pin",
            BpfMapType.CgroupArray => "the folder of a cgroup",
            _ => "an open socket of this process (a Socket, TcpClient, UdpClient or NetworkStream) or a SafeHandle; a cookie cannot be opened",
        };
        WriteError(new ValueEncodingException("The value", $"of {map} refers to {map.Map.ReferredObject}: give {takes}").ToErrorRecord(MapError.InvalidValue, Value));
        return false;
    }

    private void WriteReference(OpenedMap map, byte[] key, object value, BpfMapUpdateFlags flags)
    {
        try
        {
            if (DescriptorArgument.Find(value) is { } descriptor)
            {
                map.Map.UpdateDescriptor(key, descriptor, flags);
            }
            else if (TakesNumbers(map) && LanguagePrimitives.TryConvertTo(value, out uint id))
            {
                map.Map.UpdateReference(key, id, flags);
            }
            else
            {
                map.Map.UpdateReference(key, ResolveFile((string)value), flags);
            }
        }
        catch (InvalidDataException exception)
        {
            WriteError(exception.ToErrorRecord(MapError.InvalidValue, Value));
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT && exception.Operation.StartsWith("Opening", StringComparison.Ordinal))
        {
            WriteError(exception.ToErrorRecord(MapError.ReferenceNotFound, Value));
        }
    }
}
