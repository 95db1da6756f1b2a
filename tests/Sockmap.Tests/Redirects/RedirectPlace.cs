using System.Runtime.InteropServices;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Redirects;
using Sockmap.Sockets;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Redirects;

/// <summary>A bpffs and a pair of sockets to redirect from and one to redirect to, all of the test's own.</summary>
internal sealed class RedirectPlace : IDisposable
{
    public RedirectPlace(
        SockmapRedirectMode mode,
        RedirectSocketKind from = RedirectSocketKind.Tcp,
        RedirectSocketKind to = RedirectSocketKind.Tcp,
        bool isFromIPv6 = false,
        bool isToIPv6 = false)
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        Mode = mode;
        BpfFileSystem = TestBpfFileSystem.Mount();
        From = TrialPair.Create(from, isFromIPv6);
        To = TrialPair.Create(to, isToIPv6);
        Manager = new RedirectManager(new BypassManagerOptions { BpfFileSystem = BpfFileSystem.Path, Log = Steps.Add });
    }

    public SockmapRedirectMode Mode { get; }

    public TestBpfFileSystem BpfFileSystem { get; }

    public TrialPair From { get; }

    public TrialPair To { get; }

    public RedirectManager Manager { get; }

    public List<string> Steps { get; } = [];

    /// <summary>Where bytes go in that are to be redirected.</summary>
    public SafeHandle Entrance => Mode is SockmapRedirectMode.SendToLocal or SockmapRedirectMode.SendToEgress ? From.Inner : From.Outer;

    /// <summary>Where they come out without a redirect.</summary>
    public SafeHandle OrdinaryExit => Mode is SockmapRedirectMode.SendToLocal or SockmapRedirectMode.SendToEgress ? From.Outer : From.Inner;

    /// <summary>Where they come out with it.</summary>
    public SafeHandle Exit => Mode is SockmapRedirectMode.SendToLocal or SockmapRedirectMode.IngressToLocal ? To.Inner : To.Outer;

    public SockmapRedirect Create(ulong queueLimit = 0, string? name = null, TimeSpan? timeout = null)
    {
        using RedirectEnd from = RedirectEnd.Of(From.Inner), to = RedirectEnd.Of(To.Inner);
        return Manager.Create(
            new RedirectSettings { Mode = Mode, QueueLimit = queueLimit, Name = name, Timeout = timeout ?? TimeSpan.FromSeconds(5) }, from, to, TestContext.Current.CancellationToken);
    }

    public SockmapRedirect Get(string name = "redirect-1") => Manager.Get(name);

    public RedirectRemovalResult Remove(bool force = false, TimeSpan? timeout = null) => Manager.Remove(
        "redirect-1", new RemoveOptions { Force = force, Timeout = timeout ?? TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);

    /// <summary>Bytes of which every 256 in a row differ from their neighbours.</summary>
    public static byte[] Pattern(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Sends all of it, and waits where there is no room.</summary>
    public static void Send(SafeHandle socket, ReadOnlySpan<byte> bytes, int chunk = 4096)
    {
        while (bytes.Length > 0)
        {
            int sent = SocketCalls.Send(socket, bytes[..Math.Min(chunk, bytes.Length)], SocketConstants.MSG_NOSIGNAL);
            Assert.True(sent > 0, $"send() gave {sent}.");
            bytes = bytes[sent..];
        }
    }

    /// <summary>send(2) without waiting.</summary>
    public static int TrySend(SafeHandle socket, ReadOnlySpan<byte> bytes) => SocketCalls.Send(socket, bytes, SocketConstants.MSG_NOSIGNAL | SocketConstants.MSG_DONTWAIT);

    /// <summary>recv(2) without waiting.</summary>
    public static int TryReceive(SafeHandle socket, Span<byte> buffer) => SocketCalls.Recv(socket, buffer, SocketConstants.MSG_DONTWAIT);

    /// <summary>Until a thread sits in a receive of a socket.</summary>
    public static void AwaitBlockedReader(SafeHandle socket)
    {
        ulong cookie = SocketQuery.GetCookie(socket);
        Assert.True(Patience.Until(() => BlockedReaders.Find(cookie).Count == 1), "Nobody waits in a receive.");
    }

    /// <summary>What comes until so many bytes are there; fails when they are not in ten seconds.</summary>
    public static byte[] Receive(SafeHandle socket, int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        Assert.True(
            Patience.Until(() =>
            {
                for (int more; read < count && (more = TryReceive(socket, bytes.AsSpan(read))) > 0;)
                {
                    read += more;
                }

                return read == count;
            }),
            $"{read} of {count} bytes came.");
        return bytes;
    }

    public void Dispose()
    {
        From.Dispose();
        To.Dispose();
        BpfFileSystem.Dispose();
    }
}
