using Sockmap.Bpf.Links;
using Sockmap.Bypasses.Store;
using Sockmap.Proof;
using Sockmap.Workers;

namespace Sockmap.Bypasses;

/// <content>The proof that a bypass works.</content>
public sealed partial class BypassManager
{
    /// <summary>
    /// Makes a connection inside the bypass's cgroup and, for contrast, one outside, sends over both, and has the kernel
    /// tell which bytes skipped TCP: by the rows of these very sockets in the map, and by TCP's own count. A process of its
    /// own does that, in cgroups made for it, and all of it is gone afterwards.
    /// </summary>
    /// <param name="name">The bypass. It may be in any state: a paused one is found not to work.</param>
    /// <param name="options">Who makes the connections, and how long that may take.</param>
    /// <param name="cancellationToken">Ends it; nothing is left.</param>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), or it is of another version
    /// (BypassForeign); its cgroup is gone (CgroupNotFound), or no cgroup can be made or entered there
    /// (CgroupNotUsable, PermissionDenied); no port that its filters let in is free (BypassNotProvable); or the process
    /// that was to connect could not (WorkerFailed).</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ProofResult Prove(string name, ProofOptions options, CancellationToken cancellationToken = default)
    {
        SettingsRules.CheckName(name);
        ArgumentNullException.ThrowIfNull(options);
        return KernelError.Guard(() =>
        {
            BypassFolder folder = FindFolder(name) ?? throw NotFound(name);
            InstalledSettings installed = BypassReader.ReadSettings(folder) ?? throw NotOurs(folder);
            try
            {
                return new ProofRun(folder, installed, FindOther, Log).Run(options, cancellationToken);
            }
            catch (WorkerException e)
            {
                throw new BypassException(BypassError.WorkerFailed, e.Message, e);
            }
        });

        string? FindOther(IReadOnlySet<ulong> cookies) => ListNames().FirstOrDefault(other =>
        {
            if (string.Equals(other, name, StringComparison.Ordinal) || FindFolder(other) is not { } folder)
            {
                return false;
            }

            using BpfLink? list = BypassFolder.TryOpenLink(folder.List);
            return list is not null && EntryReader.ReadRows(list).Any(row => cookies.Contains(row.Cookie));
        });
    }
}
