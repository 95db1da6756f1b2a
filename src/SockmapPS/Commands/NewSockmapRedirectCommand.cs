using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Redirects;
using Sockmap.Sockets;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>New-SockmapRedirect: hands what one socket sends or receives to another.</summary>
[Cmdlet(VerbsCommon.New, "SockmapRedirect", SupportsShouldProcess = true, DefaultParameterSetName = ObjectsSet)]
[OutputType(typeof(SockmapRedirect))]
public sealed class NewSockmapRedirectCommand : RedirectCommand
{
    internal const string ObjectsSet = "Objects";
    internal const string FromProcessSet = "FromProcess";
    internal const string ToProcessSet = "ToProcess";
    internal const string ProcessesSet = "Processes";

    /// <summary>The source.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ObjectsSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ToProcessSet)]
    [ValidateNotNull]
    public RedirectEndArgument? From { get; set; }

    /// <summary>The target.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ObjectsSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = FromProcessSet)]
    [ValidateNotNull]
    public RedirectEndArgument? To { get; set; }

    /// <summary>Whose bytes it takes, and where they go.</summary>
    [Parameter(Mandatory = true)]
    public SockmapRedirectMode Mode { get; set; }

    /// <summary>The process that has the source.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromProcessSet)]
    [Parameter(Mandatory = true, ParameterSetName = ProcessesSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int FromProcessId { get; set; }

    /// <summary>The source's own or its peer's port.</summary>
    [Parameter(ParameterSetName = FromProcessSet)]
    [Parameter(ParameterSetName = ProcessesSet)]
    [ValidateRange(1, ushort.MaxValue)]
    public int? FromPort { get; set; }

    /// <summary>Number of the source's descriptor in that process.</summary>
    [Parameter(ParameterSetName = FromProcessSet)]
    [Parameter(ParameterSetName = ProcessesSet)]
    [ValidateRange(0, int.MaxValue)]
    public int? FromDescriptor { get; set; }

    /// <summary>The source's inode.</summary>
    [Parameter(ParameterSetName = FromProcessSet)]
    [Parameter(ParameterSetName = ProcessesSet)]
    public ulong? FromInode { get; set; }

    /// <summary>The process that has the target.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ToProcessSet)]
    [Parameter(Mandatory = true, ParameterSetName = ProcessesSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int ToProcessId { get; set; }

    /// <summary>The target's own or its peer's port.</summary>
    [Parameter(ParameterSetName = ToProcessSet)]
    [Parameter(ParameterSetName = ProcessesSet)]
    [ValidateRange(1, ushort.MaxValue)]
    public int? ToPort { get; set; }

    /// <summary>Number of the target's descriptor in that process.</summary>
    [Parameter(ParameterSetName = ToProcessSet)]
    [Parameter(ParameterSetName = ProcessesSet)]
    [ValidateRange(0, int.MaxValue)]
    public int? ToDescriptor { get; set; }

    /// <summary>The target's inode.</summary>
    [Parameter(ParameterSetName = ToProcessSet)]
    [Parameter(ParameterSetName = ProcessesSet)]
    public ulong? ToInode { get; set; }

    /// <summary>Its name; redirect-1, redirect-2… where none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Memory that may wait for the target, in bytes; 0 is 64 MiB.</summary>
    [Parameter]
    public ulong QueueLimit { get; set; }

    /// <summary>How long to wait until bytes that it would overtake have been read.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        if (TryOpen(From?.Given, () => OpenFrom()) is not { } from)
        {
            return;
        }

        using (from)
        {
            if (TryOpen(To?.Given, () => OpenTo()) is not { } to)
            {
                return;
            }

            using (to)
            {
                if (ShouldProcess($"{from} to {to}", $"Redirect {Mode}"))
                {
                    Create(from, to);
                }
            }
        }
    }

    private RedirectEnd OpenFrom() => From?.Open() ?? RedirectEnd.Find(FromProcessId, FromPort, FromDescriptor, FromInode);

    private RedirectEnd OpenTo() => To?.Open() ?? RedirectEnd.Find(ToProcessId, ToPort, ToDescriptor, ToInode);

    private RedirectEnd? TryOpen(object? given, Func<RedirectEnd> open)
    {
        try
        {
            return open();
        }
        catch (SocketAccessException exception)
        {
            WriteError(exception.ToErrorRecord(given));
            return null;
        }
    }

    private void Create(RedirectEnd from, RedirectEnd to)
    {
        RedirectSettings settings = new() { Mode = Mode, Name = Name, QueueLimit = QueueLimit, Timeout = Timeout };
        RedirectManager manager = OpenRedirects();
        SockmapRedirect? made = null;
        if (TryRun(() => made = manager.Create(settings, from, to, StopToken), error => error is BypassError.RedirectExists or BypassError.InvalidSetting ? Name : From?.Given))
        {
            foreach (string reader in made!.BlockedReader)
            {
                WriteWarning($"{reader}, was in a receive of the target, {to}, before it was redirected to: it sleeps on until something comes the ordinary way. Let its process receive anew, or use poll.");
            }

            WriteObject(made);
        }
    }
}
