using System.Management.Automation;
using Sockmap.Bpf;
using SockmapPS.Errors;

namespace SockmapPS.Commands.Bpf;

/// <summary>Remove-BpfMapEntry: deletes an entry of a map.</summary>
[Cmdlet(VerbsCommon.Remove, "BpfMapEntry", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveBpfMapEntryCommand : BpfMapCommand
{
    private bool _keyWasTyped;

    /// <summary>The key.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public object? Key { get; set; }

    /// <summary>The key's bytes, which entries from the pipeline carry.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public byte[]? KeyBytes { get; set; }

    /// <inheritdoc />
    protected override void BeginProcessing() => _keyWasTyped = MyInvocation.BoundParameters.ContainsKey(nameof(Key));

    private protected override MapError Classify(Exception exception) => exception switch
    {
        BpfException { Errno: Errno.EINVAL } => MapError.NotSupportedByMap,
        _ => base.Classify(exception),
    };

    private protected override void Work(OpenedMap map)
    {
        if (map.Map.KeySize == 0)
        {
            throw new NotSupportedException($"{map} has no keys, so that none can be deleted; Clear-BpfMap empties it where that can be.");
        }

        if (TryEncodeKey(map, _keyWasTyped ? Key : KeyBytes ?? Key) is not { } key || !ShouldProcess(map.ToString(), $"Remove {Describe(map, key)}"))
        {
            return;
        }

        if (map.Map.Type is BpfMapType.Array or BpfMapType.PercpuArray)
        {
            throw new NotSupportedException($"{map} is an array, whose entries are always there; Set-BpfMapEntry sets one to zero, Clear-BpfMap all.");
        }

        if (!map.Map.TryDelete(key))
        {
            WriteError(new BpfException($"Deleting {Describe(map, key)} of {map}", Errno.ENOENT)
                .ToErrorRecord(MapError.KeyNotFound, Key ?? KeyBytes, $"{map} has no entry with {Describe(map, key)}."));
        }
    }
}
