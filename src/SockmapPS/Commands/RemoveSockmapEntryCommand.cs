using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Entries;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Remove-SockmapEntry: takes connections out of a bypass that stays, without losing a byte unless it is forced.</summary>
[Cmdlet(VerbsCommon.Remove, "SockmapEntry", DefaultParameterSetName = FilterSet, SupportsShouldProcess = true)]
[OutputType(typeof(SockmapEntry))]
public sealed class RemoveSockmapEntryCommand : ConnectionChangeCommand
{
    internal const string CookieSet = "Cookie";

    private readonly Dictionary<string, HashSet<ulong>> _cookies = new(StringComparer.Ordinal);

    /// <summary>The sockets; one end of a connection is enough.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CookieSet)]
    public ulong[]? Cookie { get; set; }

    /// <summary>The bypass; of an entry the one that it is in.</summary>
    [Parameter(Position = 0, ParameterSetName = FilterSet)]
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = CookieSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string Bypass { get; set; } = BypassSettings.DefaultName;

    /// <summary>How long to wait for readers.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan Timeout { get; set; } = new RemoveOptions().Timeout;

    /// <summary>Does not wait; drops what nobody has read yet.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string MissingFilter =>
        "Name the connections: pipe what Get-SockmapEntry emits, or give a filter such as -RemotePort or -ProcessName. Remove-SockmapBypass takes all out.";

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        if (ParameterSetName == CookieSet)
        {
            if (!_cookies.TryGetValue(Bypass, out HashSet<ulong>? cookies))
            {
                _cookies[Bypass] = cookies = [];
            }

            cookies.UnionWith(Cookie!);
        }
    }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        if (HasFilter)
        {
            Remove(manager, Bypass, null);
        }

        foreach ((string name, HashSet<ulong> cookies) in _cookies)
        {
            Remove(manager, name, cookies);
        }
    }

    /// <summary>All of a bypass at once, so that the waiting for readers is one.</summary>
    /// <param name="manager">Where the bypass is.</param>
    /// <param name="name">The bypass.</param>
    /// <param name="cookies">The sockets; null for those that the filters mean.</param>
    private void Remove(BypassManager manager, string name, HashSet<ulong>? cookies)
    {
        Dictionary<ulong, SockmapEntry> entries = [];
        if (!TryRun(() => entries = Find(manager, name, cookies), _ => name))
        {
            return;
        }

        foreach (ulong cookie in cookies?.Where(cookie => !entries.ContainsKey(cookie)) ?? [])
        {
            WriteError(new BypassException(
                BypassError.EntryNotFound,
                string.Create(CultureInfo.InvariantCulture, $"No socket with the cookie {cookie} is in bypass '{name}': it was closed or taken out, or never in it; Get-SockmapEntry {name} lists those that are."))
                .ToErrorRecord(cookie));
        }

        // One end stands for both: they leave together.
        HashSet<ulong> asked = [];
        List<ulong> wanted = [];
        foreach (SockmapEntry entry in entries.Values)
        {
            if (asked.Add(entry.Cookie) && (entry.PeerCookie is not { } peer || asked.Add(peer))
                && ShouldProcess($"connection from {ConnectionText.Describe(entry)}", Action(name)))
            {
                wanted.Add(entry.Cookie);
            }
        }

        if (wanted.Count > 0)
        {
            Run(manager, name, wanted, entries);
        }
    }

    private string Action(string name) =>
        Force ? $"Take out of bypass '{name}', and drop bytes that nobody has read yet" : $"Take out of bypass '{name}'";

    /// <summary>The entries that are meant, by cookie.</summary>
    private Dictionary<ulong, SockmapEntry> Find(BypassManager manager, string name, HashSet<ulong>? cookies)
    {
        Dictionary<ulong, SockmapEntry> found = [];
        foreach (SockmapEntry entry in manager.GetEntries(name))
        {
            StopToken.ThrowIfCancellationRequested();
            if (cookies?.Contains(entry.Cookie) ?? Filter.Matches(entry))
            {
                found[entry.Cookie] = entry;
            }
        }

        return found.Count == 0 && cookies is null
            ? throw new BypassException(BypassError.EntryNotFound, $"No socket in bypass '{name}' is as the filters say: Get-SockmapEntry {name} lists those that are in it.")
            : found;
    }

    private void Run(BypassManager manager, string name, List<ulong> cookies, Dictionary<ulong, SockmapEntry> entries)
    {
        DrainReporter reporter = new($"Taking connections out of bypass '{name}'", record => TellHost(() => WriteProgress(record)));
        EntryRemovalResult? result = null;
        bool isDone;
        try
        {
            RemoveOptions options = new() { Force = Force, Timeout = Timeout, Progress = reporter };
            isDone = TryRun(() => result = manager.RemoveEntries(name, cookies, options, StopToken), _ => name);
        }
        finally
        {
            reporter.Complete();
        }

        if (isDone)
        {
            Tell(name, result!, entries);
        }
    }

    private void Tell(string name, EntryRemovalResult result, Dictionary<ulong, SockmapEntry> entries)
    {
        foreach (SockmapEntry[] ends in Connections(result.Remaining))
        {
            SockmapEntry waiting = ends.MaxBy(entry => entry.QueuedBytes)!;
            SockmapEntry known = WithProcesses(waiting, entries);
            WriteError(new BypassException(BypassError.EntryNotDrained, Explain(name, result.Elapsed, ends, known)).ToErrorRecord(known));
        }

        if (result.DroppedBytes > 0)
        {
            WriteWarning(string.Create(CultureInfo.InvariantCulture, $"Taking connections out of bypass '{name}' dropped {result.DroppedBytes} bytes that nobody had read yet; these connections are corrupted."));
        }

        if (PassThru)
        {
            WriteObject(result.Removed.Select(entry => WithProcesses(entry, entries)), enumerateCollection: true);
        }
    }

    private static IEnumerable<SockmapEntry[]> Connections(IReadOnlyList<SockmapEntry> remaining) =>
        remaining.GroupBy(entry => (entry.NetworkNamespaceCookie, Low(entry), High(entry))).Select(static ends => ends.ToArray());

    private static string Low(SockmapEntry entry) => string.Compare(Local(entry), Remote(entry), StringComparison.Ordinal) < 0 ? Local(entry) : Remote(entry);

    private static string High(SockmapEntry entry) => string.Compare(Local(entry), Remote(entry), StringComparison.Ordinal) < 0 ? Remote(entry) : Local(entry);

    private static string Local(SockmapEntry entry) => ConnectionText.EndPoint(entry.LocalAddress, entry.LocalPort);

    private static string Remote(SockmapEntry entry) => ConnectionText.EndPoint(entry.RemoteAddress, entry.RemotePort);

    /// <summary>The entry with the rest that was listed before: of the socket itself, or of its peer where that was asked for.</summary>
    private static SockmapEntry WithProcesses(SockmapEntry entry, Dictionary<ulong, SockmapEntry> listed)
    {
        if (listed.TryGetValue(entry.Cookie, out SockmapEntry? own))
        {
            return entry with
            {
                ProcessId = own.ProcessId,
                ProcessName = own.ProcessName,
                PeerCookie = own.PeerCookie,
                PeerProcessId = own.PeerProcessId,
                PeerProcessName = own.PeerProcessName,
                Cgroup = own.Cgroup,
                JoinedAt = own.JoinedAt,
                LastUsed = own.LastUsed,
            };
        }

        return listed.Values.FirstOrDefault(other => other.PeerCookie == entry.Cookie) is { } peer
            ? entry with
            {
                ProcessId = peer.PeerProcessId,
                ProcessName = peer.PeerProcessName,
                PeerCookie = peer.Cookie,
                PeerProcessId = peer.ProcessId,
                PeerProcessName = peer.ProcessName,
            }
            : entry;
    }

    private static string Explain(string name, TimeSpan elapsed, SockmapEntry[] ends, SockmapEntry known)
    {
        ulong bytes = ends.Aggregate(0UL, (sum, entry) => sum + entry.QueuedBytes);
        string reader = known.ProcessId.Count == 0 ? "nobody who could be named" : ConnectionText.Process(known.ProcessName.ToArray(), known.ProcessId.ToArray());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The connection from {ConnectionText.Describe(known)} stays in bypass '{name}': after {elapsed.TotalSeconds:0.#} s {bytes} bytes wait unread in {Local(known)} for {reader}. Wait longer (-Timeout), let it read, or drop them with -Force, which corrupts the connection.");
    }
}
