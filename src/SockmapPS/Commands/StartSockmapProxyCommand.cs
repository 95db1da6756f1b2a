using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Proxies;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>
/// Start-SockmapProxy: a proxy whose data the kernel moves, in a process of its own. What <c>Get-SockmapProxy</c> emits binds
/// to it by property name, so that a saved proxy can be started again.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "SockmapProxy", SupportsShouldProcess = true)]
[OutputType(typeof(ProxyStatus))]
public sealed class StartSockmapProxyCommand : ProxyCommand
{
    private static readonly ProxySettings Usual = new() { Listen = [], To = [] };

    /// <summary>Where to listen.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Listen { get; set; } = [];

    /// <summary>Where to connect to.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] To { get; set; } = [];

    /// <summary>Name of the proxy; one made of where it listens where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Connections at the same time; more wait to be accepted.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int MaxConnections { get; set; } = Usual.MaxConnections;

    /// <summary>How long a target may take to answer before the next one is tried.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan ConnectTimeout { get; set; } = Usual.ConnectTimeout;

    /// <summary>Copies all, although it could be spliced.</summary>
    [Parameter]
    public SwitchParameter Copy { get; set; }

    /// <summary>Emits the proxy.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        ProxySettings settings = new()
        {
            Name = Name,
            Listen = Listen,
            To = To,
            MaxConnections = MaxConnections,
            ConnectTimeout = ConnectTimeout,
            Copy = Copy,
        };
        if (!ShouldProcess($"proxy from {string.Join(", ", Listen)} to {string.Join(", ", To)}", "Start"))
        {
            return;
        }

        ProxyManager manager = OpenProxies();
        TryRun(
            () =>
            {
                ProxyStatus proxy = manager.Start(settings, FindWorkerHost(), StopToken);
                if (proxy.CopyReason.Length > 0 && !Copy)
                {
                    TellHost(() => WriteWarning($"Proxy '{proxy.Name}' copies its connections: {proxy.CopyReason}"));
                }

                if (PassThru)
                {
                    WriteObject(proxy);
                }
            },
            error => error is BypassError.ProxyExists ? Name : Listen);
    }
}
