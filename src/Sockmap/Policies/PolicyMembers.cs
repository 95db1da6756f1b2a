using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Store;
using Sockmap.Policies.Store;
using Sockmap.Sockets;

namespace Sockmap.Policies;

/// <summary>
/// The sockets that a policy holds itself, since they are in no bypass: a socket can be in one sockmap with an sk_msg
/// program only. Nothing is redirected to them, so that they come and go without a byte waiting in them.
/// </summary>
internal static class PolicyMembers
{
    /// <summary>Has a policy take in what is established and in no sockmap: one pass over the TCP sockets of each network namespace.</summary>
    public static void TakeEstablished(PolicyFolder folder, Action<string> log)
    {
        using BpfProgram enroll = BpfProgram.OpenPinned(folder.EnrollEstablished);
        HashSet<uint> found = [];
        foreach ((string path, uint inode) in NetworkNamespaces.Find())
        {
            found.Add(inode);
            try
            {
                NetworkNamespaces.Run(path, () => Pass(enroll));
            }
            catch (BpfException e) when (!string.Equals(path, NetworkNamespaces.Own, StringComparison.Ordinal))
            {
                TellOfRefusal(inode, e.Message);
            }
        }

        SocketNetwork.RunInOthers(found, () => Pass(enroll), TellOfRefusal);
        log($"Policy '{folder.Name}' has taken in what was established.");

        void TellOfRefusal(uint inode, string reason) =>
            log(string.Create(CultureInfo.InvariantCulture, $"Network namespace {inode} could not be entered, so that policy '{folder.Name}' does not judge what connections that were established in it send: {reason}"));
    }

    /// <summary>The same for every policy: sockets have left a bypass.</summary>
    public static void TakeEstablished(string? bpfFileSystem, Action<string> log)
    {
        foreach (PolicyFolder folder in List(bpfFileSystem))
        {
            try
            {
                TakeEstablished(folder, log);
            }
            catch (BpfException e) when (e.Errno == Errno.ENOENT)
            {
                log($"Policy '{folder.Name}' is being removed.");
            }
        }
    }

    /// <summary>Has every policy let go of a socket that is to go into a bypass.</summary>
    public static void LetGo(string? bpfFileSystem, ulong cookie)
    {
        foreach (PolicyFolder folder in List(bpfFileSystem))
        {
            using BpfMap? members = BypassFolder.TryOpenMap(folder.Members);
            members?.TryDelete(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in cookie)));
        }
    }

    /// <summary>The sockets that policies hold themselves, by cookie.</summary>
    public static IReadOnlySet<ulong> ListCookies(string? bpfFileSystem)
    {
        HashSet<ulong> cookies = [];
        foreach (PolicyFolder folder in List(bpfFileSystem))
        {
            using BpfMap? members = BypassFolder.TryOpenMap(folder.Members);
            cookies.UnionWith(members?.EnumerateKeys<ulong>() ?? []);
        }

        return cookies;
    }

    /// <summary>Has a policy let go of every socket.</summary>
    public static void LetAllGo(PolicyFolder folder)
    {
        using BpfMap? members = BypassFolder.TryOpenMap(folder.Members);
        foreach (byte[] cookie in members?.EnumerateKeys() ?? [])
        {
            members!.TryDelete(cookie);
        }
    }

    private static IEnumerable<PolicyFolder> List(string? bpfFileSystem) =>
        BypassStore.Find(bpfFileSystem, PolicyFolder.StoreName) is { } store
            ? store.ListNames().Select(name => new PolicyFolder(store.FolderOf(name))).Where(static folder => folder.MissingPins.Count == 0)
            : [];

    private static bool Pass(BpfProgram enroll)
    {
        using BpfLink link = BpfLink.CreateIterator(enroll, target: null);
        using Stream pass = BpfIterator.Open(link);
        pass.CopyTo(Stream.Null);
        return true;
    }
}
