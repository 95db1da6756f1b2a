using System.Globalization;
using System.Management.Automation;
using Sockmap.Proxies;
using SockmapPS.Completion;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Stop-SockmapProxy: lets a proxy's connections end in their own time, and closes those that have not.</summary>
[Cmdlet(VerbsLifecycle.Stop, "SockmapProxy", SupportsShouldProcess = true)]
[OutputType(typeof(ProxyStopResult))]
public sealed class StopSockmapProxyCommand : ProxyCommand
{
    /// <summary>Names and wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProxyNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How long connections may go on.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Emits how it ended.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        ProxyManager manager = OpenProxies();
        ForEachProxy(manager, Name, name =>
        {
            if (!ShouldProcess($"proxy '{name}'", string.Create(CultureInfo.InvariantCulture, $"Stop, and reset connections that have not ended in {Timeout.TotalSeconds:0.#} s")))
            {
                return;
            }

            ProxyStopResult result = Stop(manager, name);
            WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"Proxy '{name}' ended in {result.Elapsed.TotalSeconds:0.000} s; connections it took: {result.Connections}."));
            if (result.DroppedConnections > 0)
            {
                WriteWarning(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Connections of proxy '{name}' that had not ended in time and were reset: {result.DroppedConnections}, with {result.DroppedBytes} bytes on the way."));
            }

            if (PassThru)
            {
                WriteObject(result);
            }
        });
    }

    private ProxyStopResult Stop(ProxyManager manager, string name)
    {
        ProxyStopReporter reporter = new($"Stopping proxy '{name}'", record => TellHost(() => WriteProgress(record)));
        try
        {
            return manager.Stop(name, Timeout, reporter, StopToken);
        }
        finally
        {
            reporter.Complete();
        }
    }
}
