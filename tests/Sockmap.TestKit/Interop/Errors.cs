using System.Runtime.InteropServices;
using Sockmap.Traffic.Interop;

namespace Sockmap.TestKit.Interop;

/// <summary>Turns the last errno into an exception.</summary>
internal static class Errors
{
    public static SystemCallException Failed(string call) => new(call, Marshal.GetLastPInvokeError());

    public static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw Failed(call);
        }
    }
}
