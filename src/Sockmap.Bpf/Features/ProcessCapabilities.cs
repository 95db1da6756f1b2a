using System.Globalization;

namespace Sockmap.Bpf.Features;

/// <summary>The effective capabilities of the calling thread.</summary>
public sealed class ProcessCapabilities
{
    private const string Path = "/proc/thread-self/status";
    private const string Field = "CapEff:";

    private ProcessCapabilities(ulong effective)
    {
        Effective = effective;
    }

    /// <summary>All of them, bit n for capability n.</summary>
    public ulong Effective { get; }

    /// <summary>Reads them from procfs (proc_pid_status(5)).</summary>
    /// <exception cref="IOException">procfs cannot be read.</exception>
    /// <exception cref="InvalidDataException">The kernel's text cannot be understood.</exception>
    public static ProcessCapabilities Read() => Parse(File.ReadAllText(Path));

    /// <summary>
    /// Whether the kernel will find the capability. For Bpf and PerfMon SysAdmin does as well
    /// (bpf_capable and perfmon_capable in include/linux/capability.h).
    /// </summary>
    public bool Has(LinuxCapability capability) =>
        HasBit(capability)
        || (capability is LinuxCapability.Bpf or LinuxCapability.PerfMon && HasBit(LinuxCapability.SysAdmin));

    /// <summary>Understands the text of a status file.</summary>
    /// <exception cref="InvalidDataException">It cannot be understood.</exception>
    public static ProcessCapabilities Parse(string status)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal)
                && ulong.TryParse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong effective))
            {
                return new ProcessCapabilities(effective);
            }
        }

        throw new InvalidDataException($"{Path} has no line '{Field}' with a hexadecimal number.");
    }

    private bool HasBit(LinuxCapability capability) => (Effective & (1UL << (int)capability)) != 0;
}
