using System.Diagnostics;
using System.Numerics;

namespace Sockmap.Cli.Demo;

/// <summary>
/// Server and client run on one CPU, with the bypass and without it: across CPUs a round trip is mostly the waking of
/// the other one, which neither way saves.
/// </summary>
internal static class SharedCpu
{
    /// <summary>Binds this thread, and those that it starts from now on, to the first CPU that the process may use.</summary>
    public static void Join()
    {
        using Process self = Process.GetCurrentProcess();
        nint allowed = self.ProcessorAffinity;
        self.ProcessorAffinity = (nint)1 << BitOperations.TrailingZeroCount((nuint)allowed);
    }
}
