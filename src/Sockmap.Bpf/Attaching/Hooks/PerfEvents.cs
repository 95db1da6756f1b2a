using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>Perf events that programs are linked to (perf_event_open(2)). A link keeps its event, so nothing else has to stay open.</summary>
internal static class PerfEvents
{
    private const string Devices = "/sys/bus/event_source/devices/";
    private const string ConfigPrefix = "config:";

    /// <summary>Opens an event and links a program to it; gives the link's descriptor or the negative error number of BPF_LINK_CREATE.</summary>
    /// <param name="program">The program.</param>
    /// <param name="attr">What event.</param>
    /// <param name="process">Whose events; -1 for everybody's.</param>
    /// <param name="cpu">Which CPU's; -1 for any of the process.</param>
    /// <param name="what">The event, for messages.</param>
    /// <param name="explain">What an error number of opening it means, with a colon in front.</param>
    /// <exception cref="BpfException">The event cannot be opened.</exception>
    internal static int Link(SafeHandle program, ref perf_event_attr attr, int process, int cpu, string what, Func<int, string> explain)
    {
        int opened = Syscalls.PerfEventOpen(ref attr, process, cpu);
        if (opened < 0)
        {
            string why = -opened switch
            {
                Errno.EACCES or Errno.EPERM => ": it needs CAP_PERFMON, and the kernel may be locked down against it; run as root",
                Errno.ENOSYS => ": this kernel has no perf events (CONFIG_PERF_EVENTS)",
                Errno.ESRCH => string.Create(CultureInfo.InvariantCulture, $": there is no process {process}"),
                int errno => explain(errno),
            };
            throw new BpfException($"Opening a perf event for {what}{why}", -opened);
        }

        using SafeBpfHandle handle = SafeBpfHandle.Adopt(opened);
        using DescriptorLease programLease = new(program);
        using DescriptorLease eventLease = new(handle);
        bpf_attr_link_create create = new()
        {
            prog_fd = (uint)programLease.Descriptor,
            target_fd = (uint)eventLease.Descriptor,
            attach_type = (uint)BpfAttachType.PerfEvent,
        };
        return Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref create);
    }

    /// <summary>The number of a kind of probes among the event sources, and the configuration that a probe at a function's return has.</summary>
    /// <param name="source"><c>kprobe</c> or <c>uprobe</c>.</param>
    /// <param name="option">The kernel's configuration option that makes it.</param>
    /// <param name="atReturn">Whether the probe is at the return.</param>
    /// <exception cref="BpfException">The kernel has no such probes (ENODEV).</exception>
    internal static (uint Type, ulong Config) Probe(string source, string option, bool atReturn)
    {
        string folder = Devices + source;
        if (!File.Exists(folder + "/type"))
        {
            throw new BpfException($"This kernel has no {source}s: there is no event source '{folder}' ({option})", Errno.ENODEV);
        }

        if (!uint.TryParse(File.ReadAllText(folder + "/type").AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint type))
        {
            throw new InvalidDataException($"'{folder}/type' holds no number.");
        }

        if (!atReturn)
        {
            return (type, 0);
        }

        string format = File.ReadAllText(folder + "/format/retprobe").Trim();
        return format.StartsWith(ConfigPrefix, StringComparison.Ordinal)
            && int.TryParse(format.AsSpan(ConfigPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int bit)
            && bit < 64
                ? (type, 1UL << bit)
                : throw new InvalidDataException($"'{folder}/format/retprobe' holds '{format}', which names no bit of the configuration.");
    }
}
