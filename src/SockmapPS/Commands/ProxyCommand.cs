using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Proxies;

namespace SockmapPS.Commands;

/// <summary>What every cmdlet about proxies shares.</summary>
public abstract class ProxyCommand : SockmapCommand
{
    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <summary>A manager of the proxies there that tells its steps as verbose lines.</summary>
    private protected ProxyManager OpenProxies() => new(new ProxyManagerOptions
    {
        BpfFileSystem = BpfFileSystem is null ? null : ResolveFolder(BpfFileSystem),
        Log = step => TellHost(() => WriteVerbose(step)),
    });

    /// <summary>Runs work for each proxy that the patterns mean, see <see cref="SockmapCommand.ForEachName"/>.</summary>
    private protected void ForEachProxy(ProxyManager manager, string[]? patterns, Action<string> work) =>
        ForEachName(manager.ListNames, BypassError.ProxyNotFound, patterns, work);
}
