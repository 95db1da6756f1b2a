namespace Sockmap.Proof;

/// <summary>One end of a connection of the worker.</summary>
/// <param name="Port">Its port, host order.</param>
/// <param name="Cookie">Its socket's cookie.</param>
/// <param name="BytesSent">Bytes that it sent.</param>
/// <param name="BytesOverTcp">Those of them that TCP sent, by TCP_INFO.</param>
internal sealed record ProofEnd(int Port, ulong Cookie, ulong BytesSent, ulong BytesOverTcp);
