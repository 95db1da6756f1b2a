using System.Runtime.InteropServices;
using System.Text;
using Sockmap.TestKit.Interop;
using Sockmap.TestKit.Placement;

namespace Sockmap.TestKit.Observation;

/// <summary>All bpf programs, maps and links of the machine, and this process's test cgroups, mounts and files.</summary>
public sealed class KernelObjects
{
    private KernelObjects(IReadOnlySet<KernelObject> all) => All = all;

    public IReadOnlySet<KernelObject> All { get; }

    public static KernelObjects Snapshot()
    {
        HashSet<KernelObject> all =
        [
            // Offset and length of the name in struct bpf_prog_info and bpf_map_info (linux/bpf.h); links have none, but a type.
            .. Bpf(KernelObjectKind.BpfProgram, LibC.BPF_PROG_GET_NEXT_ID, LibC.BPF_PROG_GET_FD_BY_ID, info => TextAt(info, 64)),
            .. Bpf(KernelObjectKind.BpfMap, LibC.BPF_MAP_GET_NEXT_ID, LibC.BPF_MAP_GET_FD_BY_ID, info => TextAt(info, 24)),
            .. Bpf(KernelObjectKind.BpfLink, LibC.BPF_LINK_GET_NEXT_ID, LibC.BPF_LINK_GET_FD_BY_ID,
                info => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"type {MemoryMarshal.Read<uint>(info)}")),
        ];
        if (TestCgroup.MountPoint is { } cgroups)
        {
            all.UnionWith(Directory.EnumerateDirectories(cgroups, TestNames.Prefix + "*").Select(p => new KernelObject(KernelObjectKind.Cgroup, 0, p)));
        }

        all.UnionWith(MountEntry.ReadAll().Where(m => m.MountPoint.Contains(TestNames.Prefix, StringComparison.Ordinal))
            .Select(m => new KernelObject(KernelObjectKind.Mount, 0, m.MountPoint)));
        all.UnionWith(Directory.EnumerateFileSystemEntries(Path.GetTempPath(), TestNames.Prefix + "*").Select(p => new KernelObject(KernelObjectKind.File, 0, p)));
        return new KernelObjects(all);
    }

    /// <summary>What is there now and was not then. Waits a while for it to go, since the kernel frees bpf objects in its own time.</summary>
    /// <param name="which">Null: all. Give a filter where others use bpf on the same machine.</param>
    /// <param name="time">How long to wait; null: ten seconds.</param>
    public IReadOnlyList<KernelObject> LeftBehind(Func<KernelObject, bool>? which = null, TimeSpan? time = null)
    {
        IReadOnlyList<KernelObject> left = [];
        Patience.Until(() => (left = [.. Snapshot().All.Except(All).Where(which ?? (_ => true))]).Count == 0, time);
        return left;
    }

    /// <inheritdoc cref="LeftBehind"/>
    /// <exception cref="InvalidOperationException">Something was left behind; the message names it.</exception>
    public void AssertNothingLeft(Func<KernelObject, bool>? which = null, TimeSpan? time = null)
    {
        IReadOnlyList<KernelObject> left = LeftBehind(which, time);
        if (left.Count > 0)
        {
            throw new InvalidOperationException($"Left behind: {string.Join("; ", left)}.");
        }
    }

    private static unsafe List<KernelObject> Bpf(KernelObjectKind kind, int nextCommand, int openCommand, Func<byte[], string> nameOf)
    {
        List<KernelObject> found = [];
        uint* attributes = stackalloc uint[4];
        uint id = 0;
        while (true)
        {
            new Span<uint>(attributes, 4).Clear();
            attributes[0] = id;
            if (LibC.syscall(LibC.SYS_bpf, nextCommand, attributes, 12) < 0)
            {
                return Marshal.GetLastPInvokeError() == LibC.ENOENT ? found : throw Errors.Failed($"bpf(GET_NEXT_ID, {kind})");
            }

            id = attributes[1];
            new Span<uint>(attributes, 4).Clear();
            attributes[0] = id;
            int descriptor = (int)LibC.syscall(LibC.SYS_bpf, openCommand, attributes, 12);
            if (descriptor >= 0)
            {
                found.Add(new KernelObject(kind, id, nameOf(InfoOf(descriptor, kind))));
                _ = LibC.close(descriptor);
            }
            else if (Marshal.GetLastPInvokeError() != LibC.ENOENT)
            {
                throw Errors.Failed($"bpf(GET_FD_BY_ID, {kind} {id})");
            }
        }
    }

    private static unsafe byte[] InfoOf(int descriptor, KernelObjectKind kind)
    {
        byte[] info = new byte[96];
        fixed (byte* pointer = info)
        {
            // union bpf_attr.info: __u32 bpf_fd, __u32 info_len, __u64 info.
            ulong* attributes = stackalloc ulong[2];
            attributes[0] = (uint)descriptor | ((ulong)info.Length << 32);
            attributes[1] = (ulong)pointer;
            return LibC.syscall(LibC.SYS_bpf, LibC.BPF_OBJ_GET_INFO_BY_FD, attributes, 16) >= 0
                ? info
                : throw Errors.Failed($"bpf(OBJ_GET_INFO_BY_FD, {kind})");
        }
    }

    private static string TextAt(byte[] info, int offset)
    {
        ReadOnlySpan<byte> name = info.AsSpan(offset, 16);
        int end = name.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? name : name[..end]);
    }
}
