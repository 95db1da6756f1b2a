using Sockmap.Bpf.Loading;

namespace Sockmap.Bypasses;

/// <summary>The kernel's function by which the verdict knows a reader that sleeps in tcp_recvmsg.</summary>
internal static class ReaderSymbol
{
    public const string Name = "woken_wake_function";

    /// <summary>Its address; 0 where it is hidden.</summary>
    public static ulong FindAddress()
    {
        try
        {
            return KernelSymbols.Find([Name]).GetValueOrDefault(Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without CONFIG_KALLSYMS hides them all.
            return 0;
        }
    }
}
