using System.Management.Automation;
using System.Net.Sockets;
using Sockmap.Sockets;
using SockmapPS.Errors;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Send-SockmapSocket: hands open sockets of this process to another one, over a UNIX socket.</summary>
[Cmdlet(VerbsCommunications.Send, "SockmapSocket")]
[OutputType(typeof(void))]
public sealed class SendSockmapSocketCommand : SockmapCommand
{
    private Socket? _connection;

    /// <summary>The UNIX socket that the other process listens on.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The sockets.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public SocketArgument[]? Socket { get; set; }

    /// <inheritdoc />
    protected override void BeginProcessing()
    {
        string path = ResolveFolder(Path);
        try
        {
            _connection = DescriptorPassing.Connect(path);
        }
        catch (SocketAccessException exception)
        {
            ThrowTerminatingError(exception.ToErrorRecord(path));
        }
    }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        foreach (SocketArgument socket in Socket!)
        {
            try
            {
                Send(socket);
            }
            catch (SocketAccessException exception)
            {
                WriteError(exception.ToErrorRecord(socket.Given));
            }
            catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
            {
                throw new PipelineStoppedException();
            }
        }
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Send(SocketArgument socket)
    {
        if (socket.Handle is not { } handle)
        {
            throw new SocketAccessException(SocketAccessError.DescriptorClosed, $"The {socket} has no open socket: it was closed, or never connected.");
        }

        // Anything can be sent; what is no socket would surprise the receiver.
        ulong cookie = SocketQuery.GetCookie(handle);
        DescriptorPassing.Send(_connection!, handle, StopToken);
        WriteVerbose($"The socket with the cookie {cookie} was sent.");
    }
}
