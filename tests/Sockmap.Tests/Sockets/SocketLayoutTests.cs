using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Sockmap.Interop;
using Sockmap.Sockets.Layout;
using Sockmap.Tests.Support;

namespace Sockmap.Tests.Sockets;

/// <summary>What the listings of sockets share with their programs and the kernel, against bpf/sockets.h and the kernel's headers.</summary>
public sealed class SocketLayoutTests
{
    private const string Programs = "#include \"sockets.h\"";

    [Fact]
    public void ASocketsRowLiesAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<SocketRow>("socket_row", new()
    {
        ["Cookie"] = "cookie",
        ["Inode"] = "inode",
        ["CgroupId"] = "cgroup_id",
        ["NetworkNamespaceCookie"] = "netns_cookie",
        ["_localHigh"] = "local_address[0]",
        ["_localLow"] = "local_address[2]",
        ["_remoteHigh"] = "remote_address[0]",
        ["_remoteLow"] = "remote_address[2]",
        ["NetworkNamespace"] = "netns_inode",
        ["UserId"] = "uid",
        ["LocalPort"] = "local_port",
        ["RemotePort"] = "remote_port",
        ["_family"] = "family",
        ["_type"] = "type",
        ["_protocol"] = "protocol",
        ["_state"] = "state",
        ["_flags"] = "flags",
        ["QueuedBytes"] = "queued_bytes",
    }));

    [Fact]
    public void AHoldersRowLiesAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<HolderRow>("holder", new()
    {
        ["ProcessId"] = "pid",
        ["Descriptor"] = "fd",
        ["Command"] = "comm",
    }));

    [Fact]
    public void AHeldSocketsRowLiesAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<HeldRow>("held_row", new()
    {
        ["Socket"] = "socket",
        ["Holder"] = "holder",
    }));

    [Fact]
    public void ABriefRowLiesAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<BriefRow>("brief_row", new()
    {
        ["Key"] = "key",
        ["Holder"] = "holder",
    }));

    [Fact]
    public void NumbersMeanWhatTheyMeanInThePrograms() => LayoutTests.Compare(Programs, new(StringComparer.Ordinal)
    {
        ["TASK_COMM_LEN"] = Unsafe.SizeOf<HolderRow.CommandBytes>(),
        ["HOLDER_ANY_PROTOCOL"] = (long)HolderOptions.AnyProtocol,
        ["HOLDER_PSOCK_ONLY"] = (long)HolderOptions.PsockOnly,
        ["SOCKET_PSOCK"] = (long)SocketFlags.Psock,
        ["SOCKET_ULP"] = (long)SocketFlags.UpperProtocol,
        ["SOCKET_ADDRESSES"] = (long)SocketFlags.Addresses,
    });

    [Fact]
    public void ConstantsAndStructsAreThoseOfTheHeaders()
    {
        Dictionary<string, long> expected = typeof(SocketConstants).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .ToDictionary(field => $"(int){field.Name}", field => unchecked((long)(int)Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)), StringComparer.Ordinal);
        expected["sizeof(struct msghdr)"] = Unsafe.SizeOf<msghdr>();
        expected["sizeof(struct iovec)"] = Unsafe.SizeOf<iovec>();
        expected["sizeof(struct cmsghdr)"] = Unsafe.SizeOf<cmsghdr>();

        LayoutTests.Compare(
            """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <sys/epoll.h>
            #include <sys/eventfd.h>
            #include <sys/ioctl.h>
            #include <sys/socket.h>
            #include <sys/syscall.h>
            #include <asm/socket.h>
            #include <linux/bpf.h>
            #include <linux/in.h>
            #include <linux/in6.h>
            #include <linux/sockios.h>
            #include <linux/tcp.h>
            #include <linux/netlink.h>
            #include <linux/sockios.h>
            #include <linux/sock_diag.h>
            #include <linux/inet_diag.h>
            #include <linux/unix_diag.h>
            """,
            expected);
    }

    [Fact]
    public void MessagesOfSockDiagLieAsInTheHeaders() => LayoutTests.Compare(
        """
        #include <linux/inet_diag.h>
        #include <linux/unix_diag.h>
        """,
        new(StringComparer.Ordinal)
        {
            ["sizeof(struct inet_diag_req_v2)"] = 56,
            ["offsetof(struct inet_diag_req_v2, idiag_states)"] = 4,
            ["sizeof(struct inet_diag_msg)"] = 72,
            ["offsetof(struct inet_diag_msg, idiag_state)"] = 1,
            ["offsetof(struct inet_diag_msg, id.idiag_sport)"] = 4,
            ["offsetof(struct inet_diag_msg, id.idiag_dport)"] = 6,
            ["offsetof(struct inet_diag_msg, id.idiag_src)"] = 8,
            ["offsetof(struct inet_diag_msg, id.idiag_dst)"] = 24,
            ["offsetof(struct inet_diag_msg, id.idiag_cookie)"] = 44,
            ["offsetof(struct inet_diag_msg, idiag_uid)"] = 64,
            ["offsetof(struct inet_diag_msg, idiag_inode)"] = 68,
            ["sizeof(struct unix_diag_req)"] = 24,
            ["offsetof(struct unix_diag_req, udiag_states)"] = 4,
            ["offsetof(struct unix_diag_req, udiag_show)"] = 12,
            ["sizeof(struct unix_diag_msg)"] = 16,
            ["offsetof(struct unix_diag_msg, udiag_type)"] = 1,
            ["offsetof(struct unix_diag_msg, udiag_ino)"] = 4,
            ["offsetof(struct unix_diag_msg, udiag_cookie)"] = 8,
        });
}
