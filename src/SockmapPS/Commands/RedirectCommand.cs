using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Redirects;

namespace SockmapPS.Commands;

/// <summary>What the cmdlets of redirects share.</summary>
public abstract class RedirectCommand : SockmapCommand
{
    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <summary>A manager that tells its steps as verbose lines.</summary>
    private protected RedirectManager OpenRedirects() => new(OptionsFor(BpfFileSystem));

    /// <summary>Runs kernel work once for each redirect that the patterns mean, as <see cref="SockmapCommand.ForEachName"/> does.</summary>
    private protected void ForEachRedirect(RedirectManager manager, string[]? patterns, Action<string> work) =>
        ForEachName(manager.ListNames, BypassError.RedirectNotFound, patterns, work);
}
