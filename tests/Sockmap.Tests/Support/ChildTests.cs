using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Entries;
using Sockmap.Sockets;
using Sockmap.Support;
using Sockmap.TestKit;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Support;

/// <summary>Bodies of tests that change their process for good; <see cref="ChildRun"/> runs them.</summary>
public sealed class ChildTests
{
    [Fact(Explicit = true)]
    public void WithoutCapabilities()
    {
        Dictionary<string, SupportCheck> checks = Run();

        Assert.Equal(SupportState.Unsupported, checks["Privileges"].State);
        Assert.Contains("CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON", checks["Privileges"].Detail, StringComparison.Ordinal);
        foreach (string name in (string[])["BpfSystemCall", "SockHash", "SkStorage", "SockOpsProgram", "SkMsgProgram", "SockmapIterator", "CgroupLink", "BypassPrograms", "RedirectWorks", "Policies", "Redirects", "SplicedProxies", "Splice"])
        {
            // Not Unsupported: the kernel was not asked.
            Assert.True(checks[name].State == SupportState.Unknown, checks[name].ToString());
        }

        Assert.Contains("EPERM", checks["BpfSystemCall"].Detail, StringComparison.Ordinal);
        Assert.Equal(SupportState.Supported, checks["CgroupMount"].State);
    }

    [Fact(Explicit = true)]
    public void UnderAnInstalledBypass()
    {
        // In a mount namespace of its own: nobody else sees this mount.
        BpfFileSystem.FindOrMountStandard();
        string cgroup = Path.Combine(CgroupHierarchy.FindRoot(), TestNames.Next("cgroup"));
        string procs = Path.Combine(CgroupHierarchy.FindRoot(), "cgroup.procs");
        BypassManager manager = new();
        Directory.CreateDirectory(cgroup);
        try
        {
            Move(Path.Combine(cgroup, "cgroup.procs"));
            string name = string.Create(CultureInfo.InvariantCulture, $"support-{Environment.ProcessId}");
            manager.Install(new BypassSettings { Name = name, Cgroup = cgroup }, cancellationToken: TestContext.Current.CancellationToken);
            try
            {
                Dictionary<string, SupportCheck> checks = Run();

                BypassStatus status = manager.Get(name);
                Assert.True(status.SocketsInserted > 0, "The bypass was to take the experiments' sockets in.");
                Assert.Equal(0UL, status.BytesRedirected);
                Assert.All(checks.Values.Where(check => check.Need == SupportNeed.Required), check => Assert.True(check.State == SupportState.Supported, check.ToString()));

                Assert.Equal(SupportState.Supported, checks["Redirects"].State);

                // Plain pairs are plain in spite of the bypass.
                Assert.DoesNotContain(checks.Values, check => check.Detail.Contains("over plain TCP", StringComparison.Ordinal));
            }
            finally
            {
                manager.Remove(name, new RemoveOptions { Force = true }, CancellationToken.None);
            }
        }
        finally
        {
            Move(procs);
            Directory.Delete(cgroup);
        }

        static void Move(string procs) => File.WriteAllText(procs, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    [Fact(Explicit = true)]
    public void SocketsWithoutCapabilities()
    {
        using Socket listener = LocalConnection.Listen();
        List<string> log = [];
        SocketReadOptions options = new() { Log = log.Add };

        using SocketListing<HeldSocket> listing = SocketHolders.Read(options);
        ProcessTable table = ProcessTable.Read(options);

        HeldSocket own = Assert.Single(listing, socket => socket.ProcessId == Environment.ProcessId && socket.State == SocketState.Listen);
        Assert.Equal((SocketSource.Proc, SocketSource.Proc), (listing.Source, table.Source));
        Assert.Contains("EPERM", listing.FallbackReason, StringComparison.Ordinal);
        Assert.Contains("EPERM", log[0], StringComparison.Ordinal);
        Assert.Equal(listener.LocalEndPoint, new IPEndPoint(own.LocalAddress!, own.LocalPort));
        Assert.Equal(SocketQuery.GetCookie(listener.SafeHandle), own.Cookie);
        Assert.Null(own.IsInSockmap);
        Assert.Null(own.HasUpperProtocol);
        Assert.Equal([Environment.ProcessId], table.Find(own.Cookie, own.Inode).Select(process => process.Id));
    }

    [Fact(Explicit = true)]
    public void SocketsInAPidNamespace()
    {
        using Socket listener = LocalConnection.Listen();
        foreach (SocketSource source in Enum.GetValues<SocketSource>())
        {
            using SocketListing<HeldSocket> listing = SocketHolders.Read(new SocketReadOptions { Source = source });
            HeldSocket own = Assert.Single(listing);
            ProcessTable table = ProcessTable.Read(new SocketReadOptions { Source = source });

            // Nobody else is in the namespace, and numbers are its own.
            Assert.Equal((1, 1), (Environment.ProcessId, own.ProcessId));
            Assert.Equal([1], table.Find(own.Cookie, own.Inode).Select(process => process.Id));
            using SafeSocketDescriptor copy = ForeignDescriptor.Open(own.ProcessId, own.Descriptor, own.Cookie);
            Assert.Equal(listener.LocalEndPoint, SocketQuery.GetLocalEndPoint(copy));
        }
    }

    [Fact(Explicit = true)]
    public void ForeignDescriptorWithoutCapabilities()
    {
        // The test that started this one has capabilities that this one has not.
        int parent = int.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("PPid:", StringComparison.Ordinal))["PPid:".Length..], CultureInfo.InvariantCulture);

        SocketAccessException e = Assert.Throws<SocketAccessException>(() => ForeignDescriptor.Open(parent, 0, 1));

        Assert.True(e.Error == SocketAccessError.PermissionDenied, e.Message);
        Assert.Contains("CAP_SYS_PTRACE", e.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EPERM, e.Errno);
    }

    private static Dictionary<string, SupportCheck> Run() =>
        SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken).ToDictionary(check => check.Name, StringComparer.Ordinal);
}
