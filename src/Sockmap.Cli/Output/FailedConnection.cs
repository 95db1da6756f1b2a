using System.Net;
using Sockmap.Bypasses;

namespace Sockmap.Cli.Output;

/// <summary>A connection that was not put in.</summary>
/// <param name="LocalAddress">The connecting end's address.</param>
/// <param name="LocalPort">Its port.</param>
/// <param name="RemoteAddress">The other end's address.</param>
/// <param name="RemotePort">Its port.</param>
/// <param name="Error">The kind of error.</param>
/// <param name="Message">Why, in a sentence.</param>
internal sealed record FailedConnection(IPAddress LocalAddress, int LocalPort, IPAddress RemoteAddress, int RemotePort, BypassError Error, string Message)
{
    /// <summary>Makes it of a result that has an error.</summary>
    public static FailedConnection From(AdditionResult result) => new(
        result.Candidate.LocalAddress,
        result.Candidate.LocalPort,
        result.Candidate.RemoteAddress,
        result.Candidate.RemotePort,
        result.Error!.Error,
        result.Error.Message);
}
