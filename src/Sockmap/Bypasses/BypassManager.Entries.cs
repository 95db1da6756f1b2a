using Sockmap.Bpf;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Membership;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Entries;
using Sockmap.Policies;
using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <content>The sockets in a bypass: listed, put in, taken out.</content>
public sealed partial class BypassManager
{
    /// <summary>
    /// The entries of a bypass, streamed: one pass of a bpf iterator in the kernel. The two ends of a connection follow
    /// each other. Sockets that come and go meanwhile may be in it or not.
    /// </summary>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), or the kernel refused.</exception>
    public IEnumerable<SockmapEntry> GetEntries(string name, EntryListOptions? options = null)
    {
        SettingsRules.CheckName(name);
        options ??= new EntryListOptions();
        return Stream();

        IEnumerable<SockmapEntry> Stream()
        {
            BypassFolder folder = KernelError.Guard(() => FindFolder(name)) ?? throw NotFound(name);
            using BpfLink pairs = KernelError.Guard(() => BypassFolder.TryOpenLink(folder.Pairs)) ?? throw NotFound(name);
            EntrySurroundings surroundings = new(options.Processes ? KernelError.Guard(() => ReadProcesses(folder)) : null, ReadSharedProcesses);
            using ReadAhead<EntryRow> read = KernelError.Guard(() => BpfIterator.BeginReadRecords<EntryRow>(pairs));
            using IEnumerator<(EntryRow Row, EntryRow? Peer)> rows = EntryReader.ReadConnections(read.ReadAll()).GetEnumerator();
            while (KernelError.Guard(rows.MoveNext))
            {
                yield return EntryReader.ToEntry(name, rows.Current.Row, rows.Current.Peer, surroundings);
            }
        }
    }

    /// <summary>
    /// Connections of this host that are established and not in the bypass: both ends are held by processes here. Where the
    /// bypass joins network namespaces, those between namespaces too.
    /// </summary>
    /// <param name="name">The bypass.</param>
    /// <param name="matchingOnly">Only those that the bypass would have taken in: inside its cgroup, and past its filters.</param>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), or the kernel refused.</exception>
    public IReadOnlyList<ConnectionCandidate> FindCandidates(string name, bool matchingOnly)
    {
        SettingsRules.CheckName(name);
        return KernelError.Guard(() =>
        {
            BypassFolder folder = FindFolder(name) ?? throw NotFound(name);
            return FindCandidates(folder, matchingOnly);
        });
    }

    /// <summary>
    /// Connections of this host that are established, have both ends in one network namespace, and no end in a sockmap:
    /// what a bypass could take, without one being there.
    /// </summary>
    /// <exception cref="BypassException">The kernel refused.</exception>
    public IReadOnlyList<ConnectionCandidate> FindCandidates() => KernelError.Guard(() =>
        Place(ReadCandidates(crossNamespace: false).Where(candidate => candidate is not ({ IsInSockmap: true } or { RemoteIsInSockmap: true })), null));

    /// <summary>
    /// Puts established connections in, both ends of each or neither, in the middle of their streams: no byte is lost,
    /// doubled or reordered (DESIGN.md, rules 3 and 8). What a connection's reader waits for inside TCP still comes over
    /// TCP, and so does one message after that.
    /// </summary>
    /// <param name="name">The bypass.</param>
    /// <param name="candidates">The connections.</param>
    /// <param name="cancellationToken">Looked at between two connections.</param>
    /// <returns>One result for each connection, in their order.</returns>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), it is not active (BypassNotActive), or
    /// the kernel's verdict could not use it (KernelUnsupported).</exception>
    public IReadOnlyList<AdditionResult> AddConnections(string name, IReadOnlyCollection<ConnectionCandidate> candidates, CancellationToken cancellationToken = default)
    {
        SettingsRules.CheckName(name);
        ArgumentNullException.ThrowIfNull(candidates);
        return KernelError.Guard(() =>
        {
            BypassStore store = BypassStore.Find(_options.BpfFileSystem) ?? throw NotFound(name);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            BypassFolder folder = FindFolder(name) ?? throw NotFound(name);
            return AddConnections(folder, candidates, cancellationToken);
        });
    }

    /// <summary>
    /// Takes connections out of a bypass that stays, without losing a byte: both ends of each, when nothing redirected is
    /// unread in them. What has not been read when the time is up stays in, as it was.
    /// </summary>
    /// <param name="name">The bypass.</param>
    /// <param name="cookies">The sockets, by cookie; one end of a connection is enough.</param>
    /// <param name="options">How long to wait for readers, and whether to.</param>
    /// <param name="cancellationToken">Ends the waiting; what is not out stays in, as it was.</param>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), another process has been installing,
    /// adding or removing for too long (BypassLocked), or the kernel refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public EntryRemovalResult RemoveEntries(string name, IReadOnlyCollection<ulong> cookies, RemoveOptions? options = null, CancellationToken cancellationToken = default)
    {
        SettingsRules.CheckName(name);
        ArgumentNullException.ThrowIfNull(cookies);
        return KernelError.Guard(() =>
        {
            BypassStore store = BypassStore.Find(_options.BpfFileSystem) ?? throw NotFound(name);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            BypassFolder folder = FindFolder(name) ?? throw NotFound(name);
            try
            {
                return new EntryRemoval(folder, Log).Run(cookies.ToHashSet(), options ?? new RemoveOptions(), cancellationToken) ?? throw NotOurs(folder);
            }
            finally
            {
                PolicyMembers.TakeEstablished(_options.BpfFileSystem, Log);
            }
        });
    }

    private List<ConnectionCandidate> FindCandidates(BypassFolder folder, bool matchingOnly)
    {
        InstalledSettings installed = BypassReader.ReadSettings(folder) ?? throw NotOurs(folder);
        using BpfLink list = BypassFolder.TryOpenLink(folder.List) ?? throw NotFound(folder.Name);
        HashSet<ulong> inside = [.. EntryReader.ReadRows(list).Select(row => row.Cookie)];
        TakeInRule rule = new(installed);
        return Place(
            ReadCandidates(installed.Settings.CrossNamespace).Where(candidate =>
                !(inside.Contains(candidate.Cookie) && inside.Contains(candidate.RemoteCookie)) && (!matchingOnly || rule.Takes(candidate))),
            folder.Name);
    }

    private IReadOnlyList<ConnectionCandidate> ReadCandidates(bool crossNamespace)
    {
        using SocketListing<HeldSocket> sockets = SocketHolders.Read(new SocketReadOptions { Log = _options.Log });

        // What a policy holds it lets go of when it is to go into a bypass.
        IReadOnlySet<ulong> held = PolicyMembers.ListCookies(_options.BpfFileSystem);
        return CandidateFinder.Find(
            held.Count == 0 ? sockets : sockets.Select(socket => held.Contains(socket.Cookie) ? socket with { IsInSockmap = false } : socket),
            new CandidateOptions { CrossNamespace = crossNamespace });
    }

    private static List<ConnectionCandidate> Place(IEnumerable<ConnectionCandidate> candidates, string? bypass)
    {
        CgroupPaths paths = new();
        return [.. candidates.Select(candidate => candidate with { Bypass = bypass, Cgroup = paths.Find(candidate.CgroupId), RemoteCgroup = paths.Find(candidate.RemoteCgroupId) })];
    }

    /// <summary>The install stands, whatever becomes of the connections.</summary>
    private EstablishedResult AddEstablished(BypassFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            return new EstablishedResult(AddConnections(folder, FindCandidates(folder, matchingOnly: true), cancellationToken), null);
        }
        catch (BypassException e)
        {
            return new EstablishedResult([], e);
        }
        catch (BpfException e)
        {
            return new EstablishedResult([], KernelError.Explain(e));
        }
    }

    private static BypassException NotOurs(BypassFolder folder) => new(
        BypassError.BypassForeign,
        $"'{folder.Path}' was not installed by this version of SockmapPS, or pins are missing: install it again with Force.");

    private ProcessTable ReadProcesses(BypassFolder folder)
    {
        using BpfLink? holders = BypassFolder.TryOpenLink(folder.Holders);
        return holders is null
            ? ReadSharedProcesses()
            : ProcessTable.FromIterator(holders, isByInode: true);
    }

    private ProcessTable ReadSharedProcesses() => KernelError.Guard(() => ProcessTable.Read(new SocketReadOptions { InSockmapOnly = true, Log = _options.Log }));

    private List<AdditionResult> AddConnections(BypassFolder folder, IReadOnlyCollection<ConnectionCandidate> candidates, CancellationToken cancellationToken)
    {
        using EntryInsertion insertion = EntryInsertion.Open(folder, Log);
        LeavingMarks.EndFormer(folder);
        List<AdditionResult> results = new(candidates.Count);
        foreach (ConnectionCandidate candidate in candidates)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using SafeSocketDescriptor connecting = ForeignDescriptor.Open(candidate.ProcessId, candidate.Descriptor, candidate.Cookie);
                using SafeSocketDescriptor accepted = ForeignDescriptor.Open(candidate.RemoteProcessId, candidate.RemoteDescriptor, candidate.RemoteCookie);
                results.Add(new AdditionResult(candidate, insertion.Insert(candidate, connecting, accepted), null));
            }
            catch (SocketAccessException e)
            {
                results.Add(new AdditionResult(candidate, IsNew: false, new BypassException(BypassError.SocketNotAccessible, e.Message, e)));
            }
            catch (BypassException e) when (e.Error == BypassError.ConnectionNotTaken)
            {
                results.Add(new AdditionResult(candidate, IsNew: false, e));
            }
        }

        AddedFollower.Run(folder, results.Where(result => result.IsNew).Select(result => result.Candidate), Log);
        return results;
    }
}
