using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>Objects of many kinds, pinned, linked and attached, for the tests to look at.</summary>
public sealed class InspectedObjects : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public InspectedObjects()
    {
        Pins = Own(new TestBpfFileSystem());
        Cgroup = Own(new TestCgroup());
        SockHash = Own(TestObjects.Map(BpfMapType.SockHash, 16, 8, 32, "inspect_hash"));
        SockMap = Own(TestObjects.Map(BpfMapType.SockMap, 4, 4, 32, "inspect_sockmap"));
        Array = Own(TestObjects.Map(BpfMapType.Array, 4, 24, 7, "inspect_array"));
        Array.Freeze();
        SkMsg = Own(TestObjects.SkMsg());
        SockOps = Own(TestObjects.SockOps());
        ProgArray = Own(TestObjects.Map(BpfMapType.ProgArray, 4, 4, 1, "inspect_slot"));
        ProgArray.UpdateDescriptor(new byte[4], SkMsg.Handle);
        CgroupLink = Own(BpfLink.CreateCgroup(SockOps, Own(CgroupDirectory.Open(Cgroup.DirectoryPath)).Handle, BpfAttachType.CgroupSockOps));
        SockmapLink = Own(BpfLink.CreateSockmap(SkMsg, SockMap, BpfAttachType.SkMsgVerdict));
        Loaded = Own(BpfObject.Load(ObjectSpec.Read(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "objects", "long_name.bpf.o")), "long_name")));
        Array.Pin(Pins.PathOf("array"));
        SkMsg.Pin(Pins.PathOf("verdict"));
        Directory.CreateDirectory(Pins.PathOf("below"));
        CgroupLink.Pin(Pins.PathOf("below/link"));
        SkMsg.Pin(Pins.PathOf("below/again"));
    }

    public TestBpfFileSystem Pins { get; }

    public TestCgroup Cgroup { get; }

    public BpfMap SockHash { get; }

    public BpfMap SockMap { get; }

    public BpfMap Array { get; }

    public BpfMap ProgArray { get; }

    public BpfProgram SkMsg { get; }

    public BpfProgram SockOps { get; }

    public BpfLink CgroupLink { get; }

    public BpfLink SockmapLink { get; }

    /// <summary>Programs with BTF.</summary>
    public BpfObject Loaded { get; }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }
}
