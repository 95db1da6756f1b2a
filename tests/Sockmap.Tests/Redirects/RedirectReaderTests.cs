using Sockmap.Redirects;
using Sockmap.Support.Interop;
using Sockmap.TestKit;

namespace Sockmap.Tests.Redirects;

/// <summary>What a thread finds that was in a receive of the target before there was a redirect.</summary>
public sealed class RedirectReaderTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(RedirectSocketKind.Tcp)]
    [InlineData(RedirectSocketKind.Udp)]
    [InlineData(RedirectSocketKind.UnixStream)]
    [InlineData(RedirectSocketKind.UnixDatagram)]
    public void AnOrdinaryMessageFreesWhoWaitedBefore(RedirectSocketKind to)
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, to);
        byte[] first = new byte[100], second = new byte[100];
        int firstRead = 0, secondRead = 0;
        Thread reader = new(() =>
        {
            firstRead = Libc.Recv(place.To.Inner, first, 0);
            secondRead = Libc.Recv(place.To.Inner, second, 0);
        });
        reader.Start();
        Assert.True(Patience.Until(() => reader.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || IsInReceive()));
        place.Create();
        RedirectPlace.Send(place.Entrance, "redirected"u8);
        bool woken = Patience.Until(() => Volatile.Read(ref firstRead) != 0, TimeSpan.FromMilliseconds(300));
        output.WriteLine($"{to}: woken {woken}, {firstRead}");
        RedirectPlace.Send(place.To.Outer, "ordinary"u8);
        if (!reader.Join(Patience.Default))
        {
            RedirectPlace.Send(place.Entrance, "more"u8);
            RedirectPlace.Send(place.To.Outer, "more"u8);
        }

        Assert.True(reader.Join(Patience.Default));
        output.WriteLine($"{to}: {firstRead} {secondRead}: {System.Text.Encoding.ASCII.GetString(first, 0, Math.Max(0, firstRead))}, {System.Text.Encoding.ASCII.GetString(second, 0, Math.Max(0, secondRead))}");

        bool IsInReceive() => Directory.GetDirectories("/proc/self/task").Any(task => ReadOrEmpty(task + "/wchan") is { } place && place.Contains("wait", StringComparison.Ordinal));
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
