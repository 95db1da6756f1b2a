using System.Management.Automation;
using System.Net.Sockets;
using Sockmap.Sockets;
using SockmapPS.Errors;

namespace SockmapPS.Commands;

/// <summary>Receive-SockmapSocket: waits for another process to hand sockets over, on a UNIX socket.</summary>
[Cmdlet(VerbsCommunications.Receive, "SockmapSocket")]
[OutputType(typeof(Socket))]
public sealed class ReceiveSockmapSocketCommand : SockmapCommand
{
    /// <summary>The UNIX socket to make; it is gone afterwards.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>How many sockets to receive.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        string path = ResolveFolder(Path);
        try
        {
            Receive(path);
        }
        catch (SocketAccessException exception)
        {
            WriteError(exception.ToErrorRecord(path));
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private void Receive(string path)
    {
        using DescriptorListener listener = DescriptorListener.Listen(path);
        WriteVerbose($"Waiting for a process to connect to '{path}'.");
        using Socket connection = listener.Accept(StopToken);
        for (int received = 0; received < Count; received++)
        {
            WriteObject(DescriptorPassing.Receive(connection, StopToken));
        }
    }
}
