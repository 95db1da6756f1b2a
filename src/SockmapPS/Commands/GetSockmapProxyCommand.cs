using System.Management.Automation;
using Sockmap.Proxies;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapProxy: the proxies of this machine, whoever started them, or their connections.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapProxy")]
[OutputType(typeof(ProxyStatus), typeof(ProxyConnectionStatus))]
public sealed class GetSockmapProxyCommand : ProxyCommand
{
    /// <summary>Names and wildcards; every proxy where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProxyNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Emits the connections in place of the proxies.</summary>
    [Parameter]
    public SwitchParameter Connection { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        ProxyManager manager = OpenProxies();
        ForEachProxy(manager, Name, name =>
        {
            if (Connection)
            {
                WriteObject(manager.GetConnections(name), enumerateCollection: true);
            }
            else
            {
                WriteObject(manager.Get(name));
            }
        });
    }
}
