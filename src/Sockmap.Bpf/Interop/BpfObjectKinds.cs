using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>Tells what a descriptor stands for: BPF_OBJ_GET opens whatever is pinned, and no command says what that is.</summary>
internal static class BpfObjectKinds
{
    /// <summary>The kind, from the name of the anonymous inode behind the descriptor (kernel/bpf/syscall.c).</summary>
    internal static BpfObjectKind Get(SafeHandle handle)
    {
        using DescriptorLease lease = new(handle);
        string? target = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{lease.Descriptor}")).LinkTarget;
        return target switch
        {
            "anon_inode:bpf-prog" => BpfObjectKind.Program,
            "anon_inode:bpf-map" => BpfObjectKind.Map,
            "anon_inode:bpf_link" or "anon_inode:bpf-link" => BpfObjectKind.Link,
            _ => BpfObjectKind.Other,
        };
    }

    /// <summary>Gives the handle back when it is of the kind asked for; else disposes it and throws.</summary>
    internal static SafeBpfHandle Require(SafeBpfHandle handle, BpfObjectKind kind, string path)
    {
        BpfObjectKind actual = Get(handle);
        if (actual == kind)
        {
            return handle;
        }

        handle.Dispose();
        throw new InvalidDataException($"'{path}' is not a pinned {Word(kind)}, it is {(actual == BpfObjectKind.Other ? "something else" : "a pinned " + Word(actual))}.");
    }

    private static string Word(BpfObjectKind kind) => kind switch
    {
        BpfObjectKind.Program => "program",
        BpfObjectKind.Map => "map",
        BpfObjectKind.Link => "link",
        _ => "object",
    };
}
