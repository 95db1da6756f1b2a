using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Store;
using Sockmap.Sockets;

namespace Sockmap.Bypasses.Membership;

/// <summary>
/// Has added sockets tell the sock_ops program of their end, as those do that it took in itself: one pass over the TCP
/// sockets of each network namespace that has some. Before Linux 6.12 the pass changes nothing.
/// </summary>
internal static class AddedFollower
{
    public static void Run(BypassFolder folder, IEnumerable<ConnectionCandidate> added, Action<string> log)
    {
        using BpfProgram? follow = BypassFolder.TryOpenProgram(folder.FollowAdded);
        if (follow is null)
        {
            return;
        }

        SocketNetwork.RunInEach(
            added.SelectMany(candidate => new[]
            {
                (candidate.NetworkNamespace, candidate.ProcessId, candidate.Descriptor, candidate.Cookie),
                (candidate.RemoteNetworkNamespace, candidate.RemoteProcessId, candidate.RemoteDescriptor, candidate.RemoteCookie),
            }),
            () => Pass(follow),
            (space, refusal) => log($"Network namespace {space} could not be entered, so that no event tells when the sockets added in it close: {refusal}"));
    }

    private static void Pass(BpfProgram follow)
    {
        using BpfLink link = BpfLink.CreateIterator(follow, target: null);
        using Stream pass = BpfIterator.Open(link);
        pass.CopyTo(Stream.Null);
    }
}
