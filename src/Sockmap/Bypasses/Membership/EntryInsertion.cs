using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Policies;
using Sockmap.Sockets;

namespace Sockmap.Bypasses.Membership;

/// <summary>
/// Puts established connections into a bypass (rule 8 of DESIGN.md): each socket's state first, then the socket, both ends
/// or neither. From then on the switch-over rule decides, message by message, when a direction may be redirected.
/// </summary>
internal sealed class EntryInsertion : IDisposable
{
    /// <summary>Verdicts that began with a socket's former state end in it.</summary>
    private static readonly TimeSpan VerdictTime = TimeSpan.FromMilliseconds(20);

    private readonly BpfMap _sockHash;
    private readonly BpfMap _storage;
    private readonly Announcement _announcement;
    private readonly InstalledSettings _installed;
    private readonly string _bpfFileSystem;
    private readonly Action<string> _log;

    private EntryInsertion(BpfMap sockHash, BpfMap storage, Announcement announcement, InstalledSettings installed, string bpfFileSystem, Action<string> log)
    {
        _bpfFileSystem = bpfFileSystem;
        _sockHash = sockHash;
        _storage = storage;
        _announcement = announcement;
        _installed = installed;
        _log = log;
    }

    /// <exception cref="BypassException">The bypass does not take connections in, as it is.</exception>
    public static EntryInsertion Open(BypassFolder folder, Action<string> log)
    {
        if (BypassReader.ReadSettings(folder) is not { } installed)
        {
            throw new BypassException(BypassError.BypassForeign, $"Bypass '{folder.Name}' was not installed by this version of SockmapPS: install it again with Force.");
        }

        BpfMap? sockHash = null, storage = null;
        Announcement? announcement = null;
        try
        {
            sockHash = BypassFolder.TryOpenMap(folder.SockHash);
            storage = BypassFolder.TryOpenMap(folder.Storage);
            announcement = Announcement.TryOpen(folder);
            if (sockHash is null || storage is null || announcement is null || !IsRedirecting(folder))
            {
                throw new BypassException(BypassError.BypassNotActive, $"Bypass '{folder.Name}' is not active: see Get-SockmapBypass (sockmap status), and install it again.");
            }

            EntryInsertion insertion = new(sockHash, storage, announcement, installed, folder.BpfFileSystem, log);
            sockHash = storage = null;
            announcement = null;
            return insertion;
        }
        finally
        {
            sockHash?.Dispose();
            storage?.Dispose();
            announcement?.Dispose();
        }
    }

    /// <summary>Puts the two ends in; ends that are in already stay so.</summary>
    /// <returns>Whether anything was put in.</returns>
    /// <exception cref="BypassException">They are no local connection, or the kernel did not take one; nothing was put in.</exception>
    public bool Insert(ConnectionCandidate candidate, SafeHandle connecting, SafeHandle accepted)
    {
        JoiningEnd client = new(connecting, hasConnected: true), server = new(accepted, hasConnected: false);
        if (!client.IsMirroredBy(server))
        {
            throw NotTaken(client, $"its other end was taken for {server.Local} to {server.Remote}, which it is not");
        }

        ulong scope = client.ScopeWith(server, _installed.Settings.CrossNamespace) ?? throw NotTaken(
            client, "its ends are in different network namespaces, and the bypass was not installed with CrossNamespace (or the addresses mean another socket in each)");
        EntryState clientState = client.CreateState(scope), serverState = server.CreateState(scope);
        bool isClientIn = IsIn(client, clientState), isServerIn = IsIn(server, serverState);
        if (isClientIn && isServerIn)
        {
            return false;
        }

        if (isClientIn || isServerIn)
        {
            ExpectReaders(isClientIn ? client : server);
        }

        if (!isClientIn)
        {
            Insert(client, clientState);
        }

        try
        {
            if (!isServerIn)
            {
                Insert(server, serverState);
            }
        }
        catch when (!isClientIn)
        {
            // Nothing can wait in it: the one who could have redirected to it was never in.
            _sockHash.TryDelete(clientState.Own);
            DeleteState(client);
            throw;
        }

        if (!isClientIn)
        {
            _announcement.Joined(clientState, client.Cookie, candidate.CgroupId, candidate.UserId);
        }

        if (!isServerIn)
        {
            _announcement.Joined(serverState, server.Cookie, candidate.RemoteCgroupId, candidate.RemoteUserId);
        }

        _log($"Put the connection from {client.Local} to {client.Remote} into the SOCKHASH.");
        return true;
    }

    public void Dispose()
    {
        _sockHash.Dispose();
        _storage.Dispose();
        _announcement.Dispose();
    }

    private static bool IsRedirecting(BypassFolder folder)
    {
        using BpfMap? slot = BypassFolder.TryOpenMap(folder.Slot);
        using BpfProgram? leave = BypassFolder.TryOpenProgram(folder.Leave);
        return slot is not null && new BypassSlots(slot).IsRedirecting(leave?.GetInfo().Id);
    }

    private static BypassException NotTaken(JoiningEnd end, string why, Exception? inner = null) =>
        new(BypassError.ConnectionNotTaken, $"The connection from {end.Local} to {end.Remote} was not put in: {why}.", inner);

    private bool IsIn(JoiningEnd end, EntryState state) => _sockHash.TryLookup(state.Own, out ulong cookie) && cookie == end.Cookie;

    private void Insert(JoiningEnd end, EntryState state)
    {
        try
        {
            WriteState(end, state);
            PolicyMembers.LetGo(_bpfFileSystem, end.Cookie);
            _sockHash.UpdateDescriptor(MemoryMarshal.AsBytes(new ReadOnlySpan<EntryKey>(in state.Own)), end.Socket, BpfMapUpdateFlags.NoExist);
        }
        catch (BpfException e)
        {
            // The sock_ops program would take the state's owner for one that is in.
            DeleteState(end);
            throw Explain(e.Errno) is { } why ? NotTaken(end, why, e) : e;
        }
    }

    /// <summary>
    /// An end that is in alone may take its peer for a socket that was in before anybody could read from it, and redirect
    /// past whoever sits in a recv() of TCP's there. It stays in, as a reader of its own may hold what it would come in with.
    /// </summary>
    private void ExpectReaders(JoiningEnd end)
    {
        using DescriptorKey key = new(end.Socket);
        EntryState state = default;
        if (!_storage.TryLookup(key.Bytes, MemoryMarshal.AsBytes(new Span<EntryState>(ref state))))
        {
            throw NotTaken(end, "one end is in, and was not put there by this version of SockmapPS");
        }

        state.Listed.Flags = (state.Listed.Flags | EntryFlags.UsedTcp | EntryFlags.Kick) & ~(EntryFlags.Kicked | EntryFlags.Redirected);
        WriteState(end, state);
        Thread.Sleep(VerdictTime);
    }

    /// <summary>A socket that was in the map before has a state still, that nobody reads any more.</summary>
    private void WriteState(JoiningEnd end, EntryState state)
    {
        using DescriptorKey key = new(end.Socket);
        ReadOnlySpan<byte> value = MemoryMarshal.AsBytes(new ReadOnlySpan<EntryState>(in state));
        _storage.TryDelete(key.Bytes);
        _storage.Update(key.Bytes, value, BpfMapUpdateFlags.NoExist);
    }

    private void DeleteState(JoiningEnd end)
    {
        using DescriptorKey key = new(end.Socket);
        _storage.TryDelete(key.Bytes);
    }

    /// <summary>What sock_map_update_elem and its callees (net/core/sock_map.c) mean; null for anything else.</summary>
    private string? Explain(int errno) => errno switch
    {
        Errno.EEXIST => "another socket has its key",
        Errno.EBUSY => "it is in another sockmap with an sk_msg program, which the kernel does not allow twice; or it was taken out of one, and a thread has been in its recv() since",
        Errno.E2BIG => $"the map is full: install with more than {_installed.Settings.MaxEntries} MaxEntries",
        Errno.ENOTSUPP or Errno.EOPNOTSUPP => "it is not established any more, or it is MPTCP",
        Errno.EINVAL => "the kernel does not take it (a socket with an upper layer protocol, such as kTLS)",
        _ => null,
    };
}
