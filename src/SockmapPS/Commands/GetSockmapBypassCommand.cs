using System.Management.Automation;
using Sockmap.Bypasses;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapBypass: the bypasses that are installed, as the kernel shows them.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapBypass")]
[OutputType(typeof(BypassStatus))]
public sealed class GetSockmapBypassCommand : SockmapCommand
{
    /// <summary>Names and wildcards; every bypass where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        ForEachBypass(manager, Name, name => WriteObject(manager.Get(name)));
    }
}
