using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Events;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Watch-SockmapEvent: what happens to the sockets of a bypass, as it happens.</summary>
[Cmdlet(VerbsCommon.Watch, "SockmapEvent")]
[OutputType(typeof(SockmapEvent))]
public sealed class WatchSockmapEventCommand : ConnectionFilterCommand
{
    // What a timer takes is a little more.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);

    /// <summary>Name of the bypass.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string Bypass { get; set; } = BypassSettings.DefaultName;

    /// <summary>Only events of these kinds.</summary>
    [Parameter]
    public SockmapEventKind[] Kind { get; set; } = [];

    /// <summary>End after so long.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Bytes of the kernel's buffer.</summary>
    [Parameter]
    public int BufferSize { get; set; } = new WatchOptions().BufferSize;

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        WatchOptions options = new() { BufferSize = BufferSize, Filter = BuildFilter(), Kinds = Kind };
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        if (Timeout is { } timeout)
        {
            end.CancelAfter(timeout < LongestTimeout ? timeout : LongestTimeout);
        }

        TryRun(() => Watch(manager, options, end.Token), _ => Bypass);
    }

    private void Watch(BypassManager manager, WatchOptions options, CancellationToken end)
    {
        try
        {
            foreach (SockmapEvent happened in manager.Watch(Bypass, options, end))
            {
                if (happened.Kind == SockmapEventKind.Lost)
                {
                    WriteWarning(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{happened.LostEvents} events of bypass '{Bypass}' were lost, as they came faster than they were taken: use a larger BufferSize, or do less with each."));
                }

                if (happened.Kind != SockmapEventKind.Lost || Kind.Length == 0 || Kind.Contains(SockmapEventKind.Lost))
                {
                    WriteObject(happened);
                }
            }
        }
        catch (OperationCanceledException) when (!StopToken.IsCancellationRequested)
        {
            WriteVerbose($"Bypass '{Bypass}' was watched for the time given.");
        }
    }
}
