using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>One end of a veth pair of its own, down and without addresses.</summary>
internal sealed unsafe class TestInterface : IDisposable
{
    public TestInterface()
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"smi{Environment.ProcessId % 100000}{Random.Shared.Next(1000):000}");
        Run("link", "add", Name, "type", "veth", "peer", "name", Name + "p");
        Index = uint.Parse(File.ReadAllText($"/sys/class/net/{Name}/ifindex"), CultureInfo.InvariantCulture);
    }

    public string Name { get; }

    public uint Index { get; }

    /// <summary>Opens a raw tracepoint (BPF_RAW_TRACEPOINT_OPEN).</summary>
    public static SafeBpfHandle OpenRawTracepoint(BpfProgram program, string name)
    {
        fixed (byte* text = BpfCommands.Encode(name))
        {
            using DescriptorLease lease = new(program.Handle);
            RawTracepoint attr = new() { Name = BpfCommands.Address(text), Program = (uint)lease.Descriptor };
            return SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_RAW_TRACEPOINT_OPEN, ref attr), name));
        }
    }

    public SafeBpfHandle Link(BpfProgram program, BpfAttachType attachType)
    {
        using DescriptorLease lease = new(program.Handle);
        bpf_attr_link_create attr = new() { prog_fd = (uint)lease.Descriptor, target_fd = Index, attach_type = (uint)attachType };
        return SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref attr), $"Linking to {Name}"));
    }

    public void Dispose() => Run("link", "delete", Name);

    private static void Run(params string[] arguments)
    {
        using Process process = Process.Start("ip", arguments)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RawTracepoint
    {
        internal ulong Name;
        internal uint Program;
    }
}
