using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Membership;
using Sockmap.Bypasses.Store;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>
/// Sockets of which a message was refused. The kernel keeps a refusal in the socket's psock and asks no program again
/// (tcp_bpf_send_verdict in net/ipv4/tcp_bpf.c returns before it clears psock->eval), so that rules which let the socket
/// send again come into force when it is taken out of its sockmap and in anew, which gives it another psock.
/// </summary>
internal static class RefusedSockets
{
    /// <summary>How long the readers of a bypassed connection are waited for.</summary>
    private static readonly TimeSpan ReadingTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gives each of them a new psock. Those that were in a bypass leave it when nothing redirected is unread, and go on
    /// over TCP. One in which a thread sits in a recv() stays refused, until it is read from and the rules change again.
    /// </summary>
    public static void Renew(PolicyFolder folder, BypassStore? bypasses, TimeSpan lockTimeout, Action<string> log, CancellationToken cancellationToken)
    {
        using BpfMap refused = BpfMap.OpenPinned(folder.Refused);
        HashSet<ulong> cookies = [.. refused.EnumerateKeys<ulong>()];
        if (cookies.Count == 0)
        {
            // Some may have left a bypass by themselves.
            PolicyMembers.TakeEstablished(folder, log);
            return;
        }

        List<ulong> renewed = TakeOut(folder);
        if (bypasses is not null)
        {
            using IDisposable entriesLock = bypasses.Lock(lockTimeout, cancellationToken);
            renewed.AddRange(Leave(bypasses, cookies, log, cancellationToken));
        }

        PolicyMembers.TakeEstablished(folder, log);
        foreach (ulong cookie in renewed)
        {
            refused.TryDelete(cookie);
        }

        log(string.Create(CultureInfo.InvariantCulture, $"Of {cookies.Count} sockets that had been refused {renewed.Count} are judged anew."));
    }

    /// <summary>Has those that are in bypasses leave them, when their readers have read.</summary>
    public static IReadOnlyList<ulong> Leave(BypassStore bypasses, IReadOnlySet<ulong> cookies, Action<string> log, CancellationToken cancellationToken)
    {
        List<ulong> left = [];
        foreach (BypassFolder bypass in bypasses.ListNames().Select(bypasses.FolderOf))
        {
            if (new EntryRemoval(bypass, log).Run(cookies, new RemoveOptions { Timeout = ReadingTime }, cancellationToken) is { } result)
            {
                left.AddRange(result.Removed.Select(static entry => entry.Cookie).Where(cookies.Contains));
            }
        }

        return left;
    }

    private static List<ulong> TakeOut(PolicyFolder folder)
    {
        using BpfLink list = BpfLink.OpenPinned(folder.ListRefused);
        using BpfMap members = BpfMap.OpenPinned(folder.Members);
        List<ulong> cookies = [.. BpfIterator.ReadRecords<ulong>(list).Distinct()];
        foreach (ulong cookie in cookies)
        {
            members.TryDelete(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in cookie)));
        }

        return cookies;
    }
}
