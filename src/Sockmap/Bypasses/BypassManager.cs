using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses.Membership;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Policies;

namespace Sockmap.Bypasses;

/// <summary>
/// Installs, lists, inspects and removes bypasses. It remembers nothing: what is installed is what the kernel has in
/// the folder of each bypass on bpffs, whoever put it there. Every error is a <see cref="BypassException"/>.
/// </summary>
public sealed partial class BypassManager
{
    private readonly BypassManagerOptions _options;

    /// <summary>A manager of the bypasses on one bpffs.</summary>
    public BypassManager(BypassManagerOptions? options = null) => _options = options ?? new BypassManagerOptions();

    /// <summary>
    /// Installs a bypass. Where it is installed with these very settings nothing changes; what a process that died has
    /// left is taken away first.
    /// </summary>
    /// <exception cref="BypassException">A setting cannot be; another bypass of the name is there; or the kernel
    /// refused. Nothing is left behind, and a bypass that was to be replaced is as it was.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left behind. A bypass that was to be replaced
    /// is as it was; or, when it was its readers that were waited for, it is replaced, and what they have not read stays
    /// readable. When established connections were being put in, it is installed, and has some of them.</exception>
    public InstallResult Install(BypassSettings settings, InstallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        options ??= new InstallOptions();
        settings = SettingsRules.Check(settings);
        return KernelError.Guard(() =>
        {
            using CgroupDirectory cgroup = CgroupHierarchy.Open(settings.Cgroup ?? CgroupHierarchy.FindRoot());
            settings = settings with { Cgroup = CgroupHierarchy.FindPath(cgroup.Id) ?? cgroup.Path };
            BypassStore store = BypassStore.FindOrCreate(_options.BpfFileSystem);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            TakeAwayUnfinished(store, options.Timeout, cancellationToken);
            InstallResult result = Install(store, settings, cgroup, options, cancellationToken);
            if (!options.IncludeEstablished)
            {
                return result;
            }

            BypassFolder folder = store.FolderOf(settings.Name);
            EstablishedResult established = AddEstablished(folder, cancellationToken);
            return result with { Bypass = BypassReader.Read(folder), Established = established };
        });
    }

    /// <summary>All bypasses, by name; none where no bpffs is mounted or nothing was ever installed.</summary>
    public IReadOnlyList<BypassStatus> List() => KernelError.Guard(() =>
        BypassStore.Find(_options.BpfFileSystem) is { } store
            ? [.. store.ListNames().Select(name => TryRead(store, name)).OfType<BypassStatus>()]
            : (IReadOnlyList<BypassStatus>)[]);

    /// <summary>The names of all bypasses, without a look into them.</summary>
    public IReadOnlyList<string> ListNames() => KernelError.Guard(() =>
        BypassStore.Find(_options.BpfFileSystem)?.ListNames() ?? []);

    /// <summary>One bypass.</summary>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), or the kernel refused.</exception>
    public BypassStatus Get(string name)
    {
        SettingsRules.CheckName(name);
        return KernelError.Guard(() => BypassStore.Find(_options.BpfFileSystem) is { } store ? TryRead(store, name) : null) ?? throw NotFound(name);
    }

    /// <summary>
    /// Removes a bypass without losing a byte: no new sockets are taken in, nothing more is redirected, each socket is
    /// taken out when it has been read dry, and then nothing of it is left. When the time runs out the rest stays in
    /// state Draining, on TCP, and a later removal goes on, also after one whose process died.
    /// </summary>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), or the kernel refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the bypass is in state Draining.</exception>
    public RemovalResult Remove(string name, RemoveOptions? options = null, CancellationToken cancellationToken = default)
    {
        SettingsRules.CheckName(name);
        options ??= new RemoveOptions();
        return KernelError.Guard(() =>
        {
            BypassStore store = BypassStore.Find(_options.BpfFileSystem) ?? throw NotFound(name);
            using IDisposable storeLock = store.Lock(_options.LockTimeout, cancellationToken);
            RemovalResult? unfinished = TakeAwayUnfinished(store, options.Force ? TimeSpan.Zero : options.Timeout, cancellationToken)
                .FirstOrDefault(result => string.Equals(result.Name, name, StringComparison.Ordinal));
            BypassFolder folder = store.FolderOf(name);
            if (!folder.Exists)
            {
                return unfinished ?? throw NotFound(name);
            }

            BypassRemoval removal = new(folder, Log);
            if (BypassReader.ReadSettings(folder) is not null)
            {
                try
                {
                    return removal.Run(options, cancellationToken);
                }
                finally
                {
                    PolicyMembers.TakeEstablished(_options.BpfFileSystem, Log);
                }
            }

            if (!options.Force)
            {
                throw new BypassException(
                    BypassError.BypassForeign,
                    $"Bypass '{name}' in '{folder.Path}' was not installed by this version of SockmapPS: remove it with the version that did, or with Force, which only unpins it.");
            }

            removal.Unpin();
            return new RemovalResult(name, IsComplete: true, 0, 0, [], TimeSpan.Zero);
        });
    }

    private InstallResult Install(BypassStore store, BypassSettings settings, CgroupDirectory cgroup, InstallOptions options, CancellationToken cancellationToken)
    {
        BypassFolder folder = store.FolderOf(settings.Name);
        BypassInstallation installation = new(settings, cgroup, Log);
        InstallOutcome outcome = InstallOutcome.Installed;
        if (folder.Exists)
        {
            BypassStatus there = BypassReader.Read(folder);
            switch (there.State)
            {
                case BypassState.Foreign when !options.Replace:
                    throw new BypassException(
                        BypassError.BypassForeign,
                        $"'{folder.Path}' was not installed by this version of SockmapPS: use another name, or Force to replace it.");
                case BypassState.Active or BypassState.Paused:
                    InstalledSettings installed = BypassReader.ReadSettings(folder) ?? throw NotFound(settings.Name);
                    IReadOnlyList<string> differences = SettingsRules.Differences(installed.Settings, installed.CgroupId, settings, cgroup.Id);
                    if (there.State == BypassState.Active && differences.Count == 0 && !options.Replace)
                    {
                        LeavingMarks.EndFormer(folder);
                        return new InstallResult(BypassReader.Read(folder), InstallOutcome.AlreadyInstalled, null);
                    }

                    if (differences.Count > 0 && !options.Replace)
                    {
                        throw new BypassException(
                            BypassError.BypassSettingsDiffer,
                            $"Bypass '{settings.Name}' is installed with other settings: {string.Join("; ", differences)}. Use another name, or Force to replace it.");
                    }

                    outcome = differences.Count > 0 || options.Replace ? InstallOutcome.Replaced : InstallOutcome.Repaired;
                    break;
                default:
                    outcome = InstallOutcome.Repaired;
                    break;
            }
        }

        RemovalResult? replaced = Publish(folder, installation, options, cancellationToken);
        PolicyHooks.AttachAllLast(_options.BpfFileSystem, cgroup.Id, Log);
        return new InstallResult(BypassReader.Read(folder), outcome, replaced);
    }

    /// <summary>
    /// Builds beside, then swaps: until the swap a failure leaves what was there as it was, and the swap is one rename.
    /// What was there is drained behind the new one's back.
    /// </summary>
    private RemovalResult? Publish(BypassFolder folder, BypassInstallation installation, InstallOptions options, CancellationToken cancellationToken)
    {
        BypassFolder unfinished = folder.Unfinished;
        bool replaces = folder.Exists;
        try
        {
            installation.Build(unfinished);
            PolicyGates.PlaceAll(_options.BpfFileSystem, unfinished, Log);
            cancellationToken.ThrowIfCancellationRequested();
            Swap(unfinished, folder, replaces);
            try
            {
                installation.Attach(folder, replaces ? unfinished : null);
            }
            catch
            {
                Swap(folder, unfinished, replaces);
                throw;
            }
        }
        catch
        {
            new BypassRemoval(unfinished, Log).Unpin();
            throw;
        }

        return replaces ? TakeAway(unfinished, options.Timeout, cancellationToken) : null;
    }

    private static void Swap(BypassFolder from, BypassFolder to, bool exchanges)
    {
        if (exchanges)
        {
            BpfFileSystem.Exchange(from.Path, to.Path);
        }
        else
        {
            BpfFileSystem.Rename(from.Path, to.Path);
        }
    }

    /// <summary>What processes that died have left: half built, half taken away, or replaced and never drained.</summary>
    private List<RemovalResult> TakeAwayUnfinished(BypassStore store, TimeSpan timeout, CancellationToken cancellationToken)
    {
        List<RemovalResult> results = [];
        foreach (BypassFolder folder in store.ListUnfinished())
        {
            Log($"Taking away what an unfinished install or removal of '{folder.Name}' left in {folder.Path}.");
            results.Add(TakeAway(folder, timeout, cancellationToken));
        }

        return results;
    }

    /// <summary>Drains what is in an unfinished folder. Nothing of it is left then, whether all was read or not.</summary>
    private RemovalResult TakeAway(BypassFolder unfinished, TimeSpan timeout, CancellationToken cancellationToken)
    {
        BypassRemoval removal = new(unfinished, Log);
        try
        {
            return removal.Run(new RemoveOptions { Timeout = timeout }, cancellationToken);
        }
        finally
        {
            if (unfinished.Exists)
            {
                removal.Unpin();
            }

            PolicyMembers.TakeEstablished(_options.BpfFileSystem, Log);
        }
    }

    private BypassFolder? FindFolder(string name) =>
        BypassStore.Find(_options.BpfFileSystem)?.FolderOf(name) is { Exists: true } folder ? folder : null;

    /// <summary>The status, or null where there is none or the folder went away under the reading.</summary>
    private static BypassStatus? TryRead(BypassStore store, string name)
    {
        BypassFolder folder = store.FolderOf(name);
        if (!folder.Exists)
        {
            return null;
        }

        BypassStatus status = BypassReader.Read(folder);
        if (!folder.Exists)
        {
            return null;
        }

        return !store.HasLeftOver(folder) ? status : status with
        {
            Problem =
            [
                .. status.Problem,
                $"A process died while it replaced this bypass, and one of the two may be at work still in {folder.Unfinished.Path}: install or remove any bypass to end that.",
            ],
        };
    }

    internal static BypassException NotFound(string name) =>
        new(BypassError.BypassNotFound, $"No bypass '{name}' is installed: list them with Get-SockmapBypass (sockmap status).");

    private void Log(string step) => _options.Log?.Invoke(step);
}
