using System.Text.Json;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>Attachments, as bpftool shows them and as it cannot.</summary>
public sealed class AttachmentInventoryTests(InspectedObjects objects) : IClassFixture<InspectedObjects>
{
    [Fact]
    public void What_the_old_attach_call_attached_to_a_sockhash_is_shown_and_bpftool_misses_it()
    {
        using BpfProgram program = TestObjects.SkMsg(name: "old_attach");
        uint id = program.GetInfo().Id;
        uint map = objects.SockHash.GetInfo().Id;
        ProgramAttachment.Attach(program, objects.SockHash.Handle, BpfAttachType.SkMsgVerdict);
        try
        {
            AttachmentRecord record = Assert.Single(new AttachmentInventory().All(), attachment => attachment.ProgId == id);
            Assert.Equal(
                (AttachmentTarget.Map, "inspect_hash", (BpfAttachType?)BpfAttachType.SkMsgVerdict, "old_attach", (uint?)map, (uint?)null),
                (record.TargetKind, record.Target, record.AttachType, record.ProgName, record.MapId, record.LinkId));
            Assert.Equal(record, Assert.Single(new AttachmentInventory().OnMap(map)));

            Bpftool.Require();
            string[][] commands = [["link", "show"], ["cgroup", "tree"], ["net", "show"]];
            Assert.All(commands, command => Assert.DoesNotContain("old_attach", Bpftool.Run(["-j", .. command]), StringComparison.Ordinal));
            Assert.All(Bpftool.Json("link", "show").EnumerateArray(), link => Assert.NotEqual(id, link.GetProperty("prog_id").GetUInt32()));
        }
        finally
        {
            ProgramAttachment.Detach(program, objects.SockHash.Handle, BpfAttachType.SkMsgVerdict);
        }

        Assert.Empty(new AttachmentInventory().OnMap(map));
    }

    [Fact]
    public void A_sockmap_link_is_told_with_the_map()
    {
        AttachmentRecord record = Assert.Single(new AttachmentInventory().OnMap(objects.SockMap.GetInfo().Id));
        Assert.Equal((objects.SkMsg.GetInfo().Id, (uint?)objects.SockmapLink.GetInfo().Id, (BpfLinkType?)BpfLinkType.Sockmap), (record.ProgId, record.LinkId, record.LinkType));
    }

    [Fact]
    public void Cgroups_are_told_as_bpftool_tells_them()
    {
        Bpftool.Require();
        using BpfProgram first = TestObjects.SockOps("multi_one");
        using BpfProgram second = TestObjects.SockOps("multi_two");
        string child = Directory.CreateDirectory(Path.Combine(objects.Cgroup.DirectoryPath, "child")).FullName;
        using CgroupDirectory cgroup = CgroupDirectory.Open(child);
        ProgramAttachment.Attach(first, cgroup.Handle, BpfAttachType.CgroupSockOps, ProgramAttachFlags.AllowMulti);
        ProgramAttachment.Attach(second, cgroup.Handle, BpfAttachType.CgroupSockOps, ProgramAttachFlags.AllowMulti);
        try
        {
            JsonElement tree = Bpftool.Json("cgroup", "tree", objects.Cgroup.DirectoryPath);
            List<(string Cgroup, uint Program, string Type, string Flags, string Name)> expected = [];
            foreach (JsonElement node in tree.EnumerateArray())
            {
                foreach (JsonElement program in node.GetProperty("programs").EnumerateArray())
                {
                    expected.Add((
                        node.GetProperty("cgroup").GetString()!,
                        program.GetProperty("id").GetUInt32(),
                        program.GetProperty("attach_type").GetString()!,
                        program.GetProperty("attach_flags").GetString()!,
                        program.GetProperty("name").GetString()!));
                }
            }

            Assert.Equal(3, expected.Count);
            AttachmentRecord[] ours = [.. new AttachmentInventory().OnCgroup(objects.Cgroup.DirectoryPath, recurse: true)];
            Assert.Equal(
                expected.Select(static item => (item.Cgroup, item.Program, item.Flags, item.Name)),
                ours.Select(static item => (item.Cgroup!, item.ProgId, item.AttachFlags, item.ProgName)));
            Assert.All(ours, static item => Assert.Equal(BpfAttachType.CgroupSockOps, item.AttachType));
            Assert.All(expected, static item => Assert.Contains("sock_ops", item.Type, StringComparison.Ordinal));
            Assert.Equal([objects.CgroupLink.GetInfo().Id, null, null], ours.Select(static item => item.LinkId));

            AttachmentRecord[] effective = [.. new AttachmentInventory().OnCgroup(child, effective: true).Where(static item => item.AttachType == BpfAttachType.CgroupSockOps)];
            uint[] tool = [.. Bpftool.Json("cgroup", "show", child, "effective").EnumerateArray().Select(static program => program.GetProperty("id").GetUInt32())];
            Assert.Equal(tool, effective.Select(static item => item.ProgId));
            Assert.Contains(objects.SockOps.GetInfo().Id, effective.Select(static item => item.ProgId));
            Assert.All(effective, static item => Assert.True(item.Effective));
        }
        finally
        {
            ProgramAttachment.Detach(first, cgroup.Handle, BpfAttachType.CgroupSockOps);
            ProgramAttachment.Detach(second, cgroup.Handle, BpfAttachType.CgroupSockOps);
            Directory.Delete(child);
        }
    }

    [Fact]
    public void Programs_on_a_network_namespace_are_told()
    {
        using BpfProgram program = BpfProgram.Load(new()
        {
            Name = "inspect_lookup",
            Type = BpfProgramType.SkLookup,
            ExpectedAttachType = BpfAttachType.SkLookup,
            Instructions = Insn.Return(1),
        });
        using Sockmap.Bpf.Interop.SafeBpfHandle netns = Sockmap.Bpf.Interop.SafeBpfHandle.Adopt(Sockmap.Bpf.Interop.Syscalls.Open("/proc/self/ns/net", 0));
        int link = BpfLink.CreateOnce(program.Handle, netns, BpfAttachType.SkLookup, default);
        Assert.True(link >= 0, Errno.Describe(-link));
        using (Sockmap.Bpf.Interop.SafeBpfHandle.Adopt(link))
        {
            AttachmentRecord record = Assert.Single(new AttachmentInventory().OnNetworkNamespaces(), attachment => attachment.ProgId == program.GetInfo().Id);
            Assert.Equal((AttachmentTarget.NetworkNamespace, (BpfLinkType?)BpfLinkType.Netns), (record.TargetKind, record.LinkType));
            LinkRecord told = new BpfInventory().Link(record.LinkId!.Value);
            Assert.Equal((record.NetnsIno, BpfAttachType.SkLookup), (told.NetnsIno, told.AttachType!.Value));
        }
    }

    [Theory]
    [InlineData(BpfProgramType.Xdp, BpfAttachType.Xdp, BpfLinkType.Xdp)]
    [InlineData(BpfProgramType.SchedCls, BpfAttachType.TcxIngress, BpfLinkType.Tcx)]
    [InlineData(BpfProgramType.SchedCls, BpfAttachType.TcxEgress, BpfLinkType.Tcx)]
    public void Programs_on_an_interface_are_told(BpfProgramType type, BpfAttachType attachType, BpfLinkType linkType)
    {
        using TestInterface device = new();
        using BpfProgram program = BpfProgram.Load(new()
        {
            Name = "inspect_dev",
            Type = type,
            ExpectedAttachType = attachType == BpfAttachType.Xdp ? BpfAttachType.Xdp : default,
            Instructions = Insn.Return(type == BpfProgramType.Xdp ? 2 : 0),
        });
        using Sockmap.Bpf.Interop.SafeBpfHandle link = device.Link(program, attachType);
        AttachmentRecord record = Assert.Single(new AttachmentInventory().OnInterfaces(device.Name));
        Assert.Equal(
            (AttachmentTarget.Interface, device.Name, attachType, program.GetInfo().Id, linkType, (uint?)device.Index),
            (record.TargetKind, record.Target, record.AttachType!.Value, record.ProgId, record.LinkType!.Value, record.IfIndex));
        Assert.Equal(type == BpfProgramType.Xdp, record.XdpMode is not null);
        LinkRecord told = new BpfInventory().Link(record.LinkId!.Value);
        Assert.Equal(((uint?)device.Index, device.Name), (told.IfIndex, told.DevName));
        Assert.Equal(record, Assert.Single(new AttachmentInventory().All(), attachment => attachment.ProgId == record.ProgId));
    }

    [Fact]
    public void A_link_that_nothing_else_names_is_told_by_itself()
    {
        using BpfProgram program = BpfProgram.Load(new() { Name = "inspect_raw", Type = BpfProgramType.RawTracepoint, Instructions = Insn.Return(0) });
        using Sockmap.Bpf.Interop.SafeBpfHandle link = TestInterface.OpenRawTracepoint(program, "sys_enter");
        AttachmentRecord record = Assert.Single(new AttachmentInventory().All(), attachment => attachment.ProgId == program.GetInfo().Id);
        Assert.Equal((AttachmentTarget.Link, "sys_enter", BpfLinkType.RawTracepoint), (record.TargetKind, record.Target, record.LinkType!.Value));
        Assert.Equal("sys_enter", new BpfInventory().Link(record.LinkId!.Value).TpName);
    }

    [Fact]
    public void What_is_no_cgroup_no_sockmap_and_no_interface_is_one_clear_error_each()
    {
        Assert.Contains("is not on a cgroup2", Assert.Throws<BpfException>(static () => new AttachmentInventory().OnCgroup("/usr").Count()).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<BpfException>(static () => new AttachmentInventory().OnCgroup("/sys/fs/cgroup/none-such").Count()).Message, StringComparison.Ordinal);
        Assert.Contains("SockMap and SockHash only", Assert.Throws<BpfException>(() => new AttachmentInventory().OnMap(objects.Array.GetInfo().Id)).Message, StringComparison.Ordinal);
        Assert.Contains("no network interface 'none-such'", Assert.Throws<BpfException>(static () => new AttachmentInventory().OnInterfaces("none-such").Count()).Message, StringComparison.Ordinal);
    }
}
