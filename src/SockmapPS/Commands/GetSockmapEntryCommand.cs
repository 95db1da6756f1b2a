using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapEntry: the sockets that a bypass holds.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapEntry")]
[OutputType(typeof(SockmapEntry))]
public sealed class GetSockmapEntryCommand : SockmapCommand
{
    /// <summary>Names and wildcards; every bypass where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string[]? Bypass { get; set; }

    /// <summary>Only entries whose own port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] LocalPort { get; set; } = [];

    /// <summary>Only entries whose other end's port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] RemotePort { get; set; } = [];

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        ForEachBypass(manager, Bypass, name =>
        {
            foreach (SockmapEntry entry in manager.GetEntries(name))
            {
                StopToken.ThrowIfCancellationRequested();
                if (Matches(LocalPort, entry.LocalPort) && Matches(RemotePort, entry.RemotePort))
                {
                    WriteObject(entry);
                }
            }
        });
    }

    private static bool Matches(PortRange[] ranges, int port) =>
        ranges.Length == 0 || Array.Exists(ranges, range => port >= range.First && port <= range.Last);
}
