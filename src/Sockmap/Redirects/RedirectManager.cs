using System.Globalization;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;
using Sockmap.Entries;
using Sockmap.Redirects.Store;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>
/// Makes, lists and removes redirects from one socket to another. It remembers nothing: what there is is what the kernel
/// has in the folder of each redirect on bpffs. Every error is a <see cref="BypassException"/>.
/// </summary>
public sealed class RedirectManager
{
    private readonly BypassManagerOptions _options;

    /// <summary>A manager of the redirects on one bpffs.</summary>
    public RedirectManager(BypassManagerOptions? options = null) => _options = options ?? new BypassManagerOptions();

    /// <summary>
    /// Makes a redirect. What cannot work is refused before anything is changed: by <see cref="RedirectTable"/>, and where
    /// kernels differ by a trial with sockets of its own.
    /// </summary>
    /// <param name="settings">What it is to be.</param>
    /// <param name="from">The source.</param>
    /// <param name="to">The target.</param>
    /// <param name="cancellationToken">Ends the waiting for unread bytes.</param>
    /// <exception cref="BypassException">A setting cannot be (InvalidSetting), a redirect of the name is there
    /// (RedirectExists), the kernel does not redirect so (RedirectUnsupported), a socket is not connected
    /// (SocketNotSuitable) or in another sockmap (SocketTaken), bytes wait unread (BytesUnread), or the kernel refused.
    /// Nothing is left behind.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left behind.</exception>
    public SockmapRedirect Create(RedirectSettings settings, RedirectEnd from, RedirectEnd to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (settings.Name is { } given)
        {
            CheckName(given);
        }

        return KernelError.Guard(() =>
        {
            CheckCombination(settings.Mode, from, to);
            CheckSuitable(from, "source");
            CheckSuitable(to, "target");
            Try(settings.Mode, from, to);
            BypassStore store = BypassStore.FindOrCreate(_options.BpfFileSystem, RedirectFolder.StoreName);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            TakeAwayUnfinished(store, cancellationToken);
            IReadOnlyList<string> names = store.ListNames();
            CheckFree(store, names, settings.Mode, from);
            RedirectFolder folder = RedirectFolder.Of(store, ChooseName(settings.Name, names));
            IReadOnlyList<string> blocked = settings.Mode.EndsLocally() ? BlockedReaders.Find(to.Cookie) : [];
            Publish(folder, new RedirectInstallation(settings, from, to, Log), cancellationToken);
            return RedirectReader.Read(folder, ReadProcesses()) with { BlockedReader = blocked };
        });
    }

    /// <summary>The names of all redirects, without a look into them.</summary>
    public IReadOnlyList<string> ListNames() => KernelError.Guard(() => FindStore()?.ListNames() ?? []);

    /// <summary>All redirects, by name; none where no bpffs is mounted or none was ever made.</summary>
    public IReadOnlyList<SockmapRedirect> List() => KernelError.Guard(() =>
    {
        if (FindStore() is not { } store)
        {
            return (IReadOnlyList<SockmapRedirect>)[];
        }

        IReadOnlyList<string> names = store.ListNames();
        ProcessTable? processes = names.Count > 0 ? ReadProcesses() : null;
        return [.. names.Select(name => TryRead(store, name, processes)).OfType<SockmapRedirect>()];
    });

    /// <summary>One redirect.</summary>
    /// <exception cref="BypassException">No redirect has this name (RedirectNotFound), or the kernel refused.</exception>
    public SockmapRedirect Get(string name)
    {
        CheckName(name);
        return KernelError.Guard(() => FindStore() is { } store ? TryRead(store, name, ReadProcesses()) : null) ?? throw NotFound(name);
    }

    /// <summary>
    /// Removes a redirect without losing a byte: nothing more is redirected, what was is read or sent, and then nothing of
    /// it is left. When the time runs out the rest stays, in state Draining, and a later removal goes on.
    /// </summary>
    /// <exception cref="BypassException">No redirect has this name (RedirectNotFound), it is another version's
    /// (RedirectForeign, unless forced), or the kernel refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the redirect is in state Draining.</exception>
    public RedirectRemovalResult Remove(string name, RemoveOptions? options = null, CancellationToken cancellationToken = default)
    {
        CheckName(name);
        options ??= new RemoveOptions();
        return KernelError.Guard(() =>
        {
            BypassStore store = FindStore() ?? throw NotFound(name);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            TakeAwayUnfinished(store, cancellationToken);
            RedirectFolder folder = RedirectFolder.Of(store, name);
            if (!folder.Exists)
            {
                throw NotFound(name);
            }

            if (!options.Force && RedirectReader.ReadConfig(folder) is null)
            {
                throw new BypassException(
                    BypassError.RedirectForeign,
                    $"Redirect '{name}' in '{folder.Path}' was not made by this version of SockmapPS: remove it with the version that did, or with Force, which only unpins it.");
            }

            return new RedirectRemoval(folder, Log).Run(options, cancellationToken);
        });
    }

    private static void CheckName(string name) => SettingsRules.CheckName(name, "a redirect");

    private static void CheckCombination(SockmapRedirectMode mode, RedirectEnd from, RedirectEnd to)
    {
        if (!Enum.IsDefined(mode))
        {
            throw new BypassException(BypassError.InvalidSetting, $"There is no redirect '{mode}': use SendToLocal, SendToEgress, IngressToEgress or IngressToLocal.");
        }

        if (from.Cookie == to.Cookie)
        {
            throw new BypassException(BypassError.RedirectUnsupported, $"Source and target are one socket, {from}: name two.");
        }

        RedirectCombination combination = RedirectTable.Find(mode, from.Kind, to.Kind);
        if (!combination.IsSupported)
        {
            throw new BypassException(BypassError.RedirectUnsupported, $"{mode} from {from} to {to} cannot work: {combination.Reason}.");
        }
    }

    private static void CheckSuitable(RedirectEnd end, string role)
    {
        if (end.Kind == RedirectSocketKind.Tcp && SocketQuery.GetState(end.Descriptor) is var state && state != SocketState.Established)
        {
            throw new BypassException(BypassError.SocketNotSuitable, $"The {role}, {end}, is in state {state}, and the kernel takes established connections only.");
        }

        if (!SocketQuery.IsConnected(end.Descriptor))
        {
            throw new BypassException(BypassError.SocketNotSuitable, $"The {role}, {end}, is not connected, and the kernel redirects between connected sockets only: connect it to its peer.");
        }
    }

    /// <summary>Kernels differ in what they take and redirect; which ones do is not written in their version.</summary>
    private void Try(SockmapRedirectMode mode, RedirectEnd from, RedirectEnd to)
    {
        RedirectTrialResult result;
        using (RedirectTrial trial = RedirectTrial.Load(mode))
        {
            result = trial.Run(from.Kind, IsIPv6(from), to.Kind, IsIPv6(to));
        }

        Log($"Tried {mode} from {RedirectSocketKinds.Name(from.Kind)} to {RedirectSocketKinds.Name(to.Kind)} with other sockets: {result.Detail}");
        if (result.Works == false)
        {
            throw new BypassException(
                BypassError.RedirectUnsupported,
                $"This kernel does not do {mode} from {RedirectSocketKinds.Name(from.Kind)} to {RedirectSocketKinds.Name(to.Kind)}: {result.Detail} Test-SockmapRedirect -Detailed shows what it does.");
        }

        static bool IsIPv6(RedirectEnd end) => end.Family == System.Net.Sockets.AddressFamily.InterNetworkV6;
    }

    private static string ChooseName(string? given, IReadOnlyList<string> names)
    {
        if (given is null)
        {
            return Enumerable.Range(1, names.Count + 1)
                .Select(number => string.Create(CultureInfo.InvariantCulture, $"redirect-{number}"))
                .First(name => !names.Contains(name, StringComparer.Ordinal));
        }

        return names.Contains(given, StringComparer.Ordinal)
            ? throw new BypassException(BypassError.RedirectExists, $"There is a redirect '{given}' already: choose another name, or remove it first (Remove-SockmapRedirect {given}).")
            : given;
    }

    /// <summary>Says where a source is that the kernel would only call busy, or whose bytes would not come by.</summary>
    private void CheckFree(BypassStore store, IReadOnlyList<string> names, SockmapRedirectMode mode, RedirectEnd from)
    {
        foreach (string name in names)
        {
            RedirectFolder folder = RedirectFolder.Of(store, name);
            using BpfMap? source = RedirectFolder.TryOpenMap(folder.Source);
            if (source is not null && RedirectMaps.FindCookie(source) == from.Cookie && RedirectReader.ReadConfig(folder) is { } config && config.Mode.TakesSends() == mode.TakesSends())
            {
                throw new BypassException(
                    BypassError.SocketTaken,
                    $"The source, {from}, is the source of redirect '{name}' ({config.Mode}) already, and a socket has one for {(mode.TakesSends() ? "what it sends" : "what comes in")}: remove that first (Remove-SockmapRedirect {name}).");
            }
        }

        BypassManager bypasses = new(_options);
        foreach (string bypass in from.Kind == RedirectSocketKind.Tcp ? bypasses.ListNames() : [])
        {
            if (bypasses.GetEntries(bypass, new EntryListOptions { Processes = false }).Any(entry => entry.Cookie == from.Cookie))
            {
                throw new BypassException(
                    BypassError.SocketTaken,
                    $"The source, {from}, is in bypass '{bypass}', {(mode.TakesSends() ? "which has the one program for what a socket sends" : "so that what its peer sends would not come by the redirect")}: take it out first (Get-SockmapEntry {bypass} -LocalPort {from.Local?.Port.ToString(CultureInfo.InvariantCulture)} | Remove-SockmapEntry).");
            }
        }
    }

    private void Publish(RedirectFolder folder, RedirectInstallation installation, CancellationToken cancellationToken)
    {
        try
        {
            installation.Build(folder.Unfinished, cancellationToken);
            BpfFileSystem.Rename(folder.Unfinished.Path, folder.Path);
        }
        catch
        {
            if (folder.Unfinished.Exists)
            {
                TakeAway(folder.Unfinished, CancellationToken.None);
            }

            throw;
        }
    }

    /// <summary>What processes that died have left: half made or half removed.</summary>
    private void TakeAwayUnfinished(BypassStore store, CancellationToken cancellationToken)
    {
        foreach (BypassFolder unfinished in store.ListUnfinished())
        {
            Log($"Taking away what an unfinished step of redirect '{unfinished.Name}' left in {unfinished.Path}.");
            TakeAway(RedirectFolder.Of(store, unfinished.Name).Unfinished, cancellationToken);
        }
    }

    /// <summary>Nothing of it is left then, whether all was read or not: nobody could name it any more.</summary>
    private void TakeAway(RedirectFolder unfinished, CancellationToken cancellationToken)
    {
        RedirectRemoval removal = new(unfinished, Log);
        RemoveOptions quick = new() { Timeout = TimeSpan.FromSeconds(5) };
        if (!removal.Run(quick, cancellationToken).IsComplete)
        {
            removal.Run(quick with { Force = true }, cancellationToken);
        }
    }

    private BypassStore? FindStore() => BypassStore.Find(_options.BpfFileSystem, RedirectFolder.StoreName);

    /// <summary>The redirect, or null where there is none or its folder went away under the reading.</summary>
    private static SockmapRedirect? TryRead(BypassStore store, string name, ProcessTable? processes)
    {
        RedirectFolder folder = RedirectFolder.Of(store, name);
        if (!folder.Exists)
        {
            return null;
        }

        SockmapRedirect redirect = RedirectReader.Read(folder, processes);
        return folder.Exists ? redirect : null;
    }

    private ProcessTable ReadProcesses() => ProcessTable.Read(new SocketReadOptions { AnyProtocol = true, InSockmapOnly = true, Log = _options.Log });

    private static BypassException NotFound(string name) =>
        new(BypassError.RedirectNotFound, $"There is no redirect '{name}': list them with Get-SockmapRedirect.");

    private void Log(string step) => _options.Log?.Invoke(step);
}
