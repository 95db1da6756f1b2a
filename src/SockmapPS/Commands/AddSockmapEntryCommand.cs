using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Sockets;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Add-SockmapEntry: puts established connections into a bypass, in the middle of their streams.</summary>
[Cmdlet(VerbsCommon.Add, "SockmapEntry", DefaultParameterSetName = FilterSet, SupportsShouldProcess = true)]
[OutputType(typeof(SockmapEntry))]
public sealed class AddSockmapEntryCommand : ConnectionChangeCommand
{
    internal const string CandidateSet = "Candidate";
    internal const string SocketSet = "Socket";

    private readonly Dictionary<string, List<ConnectionCandidate>> _candidates = new(StringComparer.Ordinal);
    private readonly List<(SocketArgument Given, ulong Cookie)> _sockets = [];

    /// <summary>Connections, as Get-SockmapCandidate emits them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CandidateSet)]
    [ValidateNotNull]
    public ConnectionCandidate? InputObject { get; set; }

    /// <summary>Open sockets of this process.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = SocketSet)]
    [ValidateNotNullOrEmpty]
    public SocketArgument[]? Socket { get; set; }

    /// <summary>The bypass; of a candidate the one that it was found for.</summary>
    [Parameter(Position = 0, ParameterSetName = FilterSet)]
    [Parameter(Position = 0, ParameterSetName = SocketSet)]
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = CandidateSet)]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string? Bypass { get; set; }

    private protected override string MissingFilter =>
        "Name the connections: pipe what Get-SockmapCandidate emits, give a filter such as -RemotePort or -ProcessName, or -Socket. Get-SockmapCandidate | Add-SockmapEntry adds all that the bypass would take.";

    private string Name => string.IsNullOrEmpty(Bypass) ? BypassSettings.DefaultName : Bypass;

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case CandidateSet:
                Collect(Name, InputObject!);
                break;
            case SocketSet:
                foreach (SocketArgument socket in Socket!)
                {
                    Collect(socket);
                }

                break;
        }
    }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        if ((HasFilter && !TryRun(() => FindMatching(manager), _ => Name))
            || (_sockets.Count > 0 && !TryRun(() => FindSockets(manager), _ => Name)))
        {
            return;
        }

        foreach ((string name, List<ConnectionCandidate> candidates) in _candidates)
        {
            Add(manager, name, [.. candidates.DistinctBy(candidate => candidate.Cookie)]);
        }
    }

    private void Collect(string name, ConnectionCandidate candidate)
    {
        if (!_candidates.TryGetValue(name, out List<ConnectionCandidate>? candidates))
        {
            _candidates[name] = candidates = [];
        }

        candidates.Add(candidate);
    }

    private void Collect(SocketArgument socket)
    {
        try
        {
            _sockets.Add((socket, socket.Handle is { } handle
                ? SocketQuery.GetCookie(handle)
                : throw new SocketAccessException(SocketAccessError.DescriptorClosed, $"The {socket} has no open socket: it was closed, or never connected.")));
        }
        catch (SocketAccessException exception)
        {
            WriteError(exception.ToErrorRecord(socket.Given));
        }
    }

    private void FindMatching(BypassManager manager)
    {
        List<ConnectionCandidate> found = [.. manager.FindCandidates(Name, matchingOnly: false).Where(candidate => candidate.HasEnd(Filter))];
        if (found.Count > 0)
        {
            found.ForEach(candidate => Collect(Name, candidate));
            return;
        }

        List<SockmapEntry> inside = [.. manager.GetEntries(Name).Where(Filter.Matches)];
        if (inside.Count == 0)
        {
            throw new BypassException(
                BypassError.ConnectionNotFound,
                $"No established connection with both ends on this host is as the filters say, and none in bypass '{Name}' is: Get-SockmapCandidate {Name} -All lists those that could be added.");
        }

        TellInside(inside);
    }

    private void FindSockets(BypassManager manager)
    {
        Dictionary<ulong, ConnectionCandidate> candidates = [];
        foreach (ConnectionCandidate candidate in manager.FindCandidates(Name, matchingOnly: false))
        {
            candidates[candidate.Cookie] = candidates[candidate.RemoteCookie] = candidate;
        }

        Dictionary<ulong, SockmapEntry>? inside = null;
        foreach ((SocketArgument given, ulong cookie) in _sockets)
        {
            if (candidates.TryGetValue(cookie, out ConnectionCandidate? candidate))
            {
                Collect(Name, candidate);
                continue;
            }

            inside ??= manager.GetEntries(Name).DistinctBy(entry => entry.Cookie).ToDictionary(entry => entry.Cookie);
            if (inside.TryGetValue(cookie, out SockmapEntry? entry))
            {
                TellInside([entry]);
            }
            else
            {
                WriteError(new BypassException(BypassError.ConnectionNotFound, Explain(given)).ToErrorRecord(given.Given));
            }
        }
    }

    private string Explain(SocketArgument socket)
    {
        const string Needs = "A bypass takes established TCP connections whose other end is held by a process of this host, in the same network namespace unless the bypass was installed with -CrossNamespace.";
        try
        {
            if (socket.Handle is { } handle)
            {
                return SocketQuery.GetRemoteEndPoint(handle) is { } remote
                    ? string.Create(CultureInfo.InvariantCulture, $"The socket from {SocketQuery.GetLocalEndPoint(handle)} to {remote} has no other end that could join bypass '{Name}'. {Needs}")
                    : $"The socket is not connected. {Needs}";
            }
        }
        catch (SocketAccessException exception)
        {
            return $"{exception.Message} {Needs}";
        }

        return $"The socket was closed meanwhile. {Needs}";
    }

    private void TellInside(List<SockmapEntry> entries)
    {
        foreach (SockmapEntry entry in entries.DistinctBy(entry => Math.Min(entry.Cookie, entry.PeerCookie ?? entry.Cookie)))
        {
            WriteVerbose($"The connection from {ConnectionText.Describe(entry)} is in bypass '{entry.Bypass}' already.");
        }

        if (PassThru)
        {
            WriteObject(entries, enumerateCollection: true);
        }
    }

    /// <summary>All of a bypass at once: its lock is taken, and its maps are opened, only one time.</summary>
    private void Add(BypassManager manager, string name, ConnectionCandidate[] candidates)
    {
        ConnectionCandidate[] wanted = Array.FindAll(
            candidates, candidate => ShouldProcess($"connection from {ConnectionText.Describe(candidate)}", $"Add to bypass '{name}'"));
        IReadOnlyList<AdditionResult> results = [];
        if (wanted.Length == 0 || !TryRun(() => results = manager.AddConnections(name, wanted, StopToken), _ => name))
        {
            return;
        }

        HashSet<ulong> inside = [];
        foreach (AdditionResult result in results)
        {
            if (result.Error is { } error)
            {
                WriteError(error.ToErrorRecord(result.Candidate));
            }
            else
            {
                inside.Add(result.Candidate.Cookie);
                inside.Add(result.Candidate.RemoteCookie);
            }
        }

        if (PassThru && inside.Count > 0)
        {
            TryRun(() => Emit(manager.GetEntries(name).Where(entry => inside.Contains(entry.Cookie))), _ => name);
        }
    }

    private void Emit(IEnumerable<SockmapEntry> entries)
    {
        foreach (SockmapEntry entry in entries)
        {
            WriteObject(entry);
        }
    }
}
