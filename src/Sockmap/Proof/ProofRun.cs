using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Sockmap.Bpf.Links;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Workers;

namespace Sockmap.Proof;

/// <summary>
/// Makes a connection inside a bypass and, for contrast, one outside, and has the kernel tell both: the rows of their
/// sockets in the map, and what TCP counted.
/// </summary>
/// <param name="folder">The bypass's pins.</param>
/// <param name="installed">What it was installed with.</param>
/// <param name="findOther">Names another bypass that has one of these sockets, by cookie; null where none has.</param>
/// <param name="log">Told each step.</param>
internal sealed class ProofRun(BypassFolder folder, InstalledSettings installed, Func<IReadOnlySet<ulong>, string?> findOther, Action<string> log)
{
    private const string CgroupPrefix = "sockmap-proof";

    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(5);

    private readonly FilterRule _filters = new(installed.Settings);

    private string Name => folder.Name;

    /// <exception cref="BypassException">See <see cref="BypassManager.Prove"/>.</exception>
    public ProofResult Run(ProofOptions options, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan stall = options.Timeout / 4 < LongestStall ? options.Timeout / 4 : LongestStall;
        string cgroup = installed.Settings.Cgroup ?? throw new BypassException(
            BypassError.CgroupNotFound, $"The cgroup of bypass '{Name}' (id {installed.CgroupId}) is gone, or out of sight of this process: nothing can be inside it.");
        IReadOnlyList<IPAddress> addresses = [.. _filters.Addresses];
        if (addresses.Count == 0 || _filters.Ports.Count == 0)
        {
            throw NotProvable($"Its filters let in no {(addresses.Count == 0 ? "address of this host" : "port")}: no connection on this host can be in it.");
        }

        using BpfLink list = BypassFolder.TryOpenLink(folder.List)
            ?? throw NotProvable("Its pin 'list' is missing, so that its entries cannot be read: install it again.");
        BypassStatus before = BypassReader.Read(folder);

        // Disposed in reverse: first the process, then the cgroups that it was in.
        using WorkerCgroup inside = WorkerCgroup.Create(cgroup, CgroupPrefix);
        using WorkerCgroup? sibling = CreateSibling(cgroup, out string? whyNot);
        using WorkerProcess worker = WorkerProcess.Start(options.Worker.CommandFor(ProofWorker.Job), "the process that makes the connection");
        log($"Process {worker.Id} makes a connection in {inside.Path}.");

        ProofSide Ask(string path, IReadOnlyList<IPAddress> at, IReadOnlyList<PortRange> ports)
        {
            ProofRequest request = new(path, [.. at.Select(address => address.ToString())], [.. ports.Select(range => range.ToString())], (int)stall.TotalMilliseconds);
            TimeSpan left = options.Timeout - Stopwatch.GetElapsedTime(began);
            ProofReply reply = Exchange(worker, request, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            HashSet<ulong> cookies = [.. new[] { reply.Client, reply.Server }.OfType<ProofEnd>().Select(end => end.Cookie)];
            Dictionary<ulong, EntryRow> rows = [];
            foreach (EntryRow row in EntryReader.ReadRows(list).Where(row => cookies.Contains(row.Cookie)))
            {
                rows[row.Cookie] = row;
            }

            return new ProofSide(path, reply, rows, rows.Count == cookies.Count ? null : findOther(cookies));
        }

        ProofSide insideSide = Ask(inside.Path, addresses, _filters.Ports);
        ThrowWhereNothingIsToldBy(insideSide);
        BypassStatus after = BypassReader.Read(folder);
        ProofSide? outsideSide = null;
        if (sibling is not null)
        {
            log($"Process {worker.Id} makes another one in {sibling.Path}, which the bypass does not cover.");
            outsideSide = Ask(sibling.Path, addresses, _filters.Ports);
        }
        else if (_filters.Outside is { } kept)
        {
            log($"Process {worker.Id} makes another one in {inside.Path} that the bypass's filters keep out.");
            outsideSide = Ask(inside.Path, kept.Addresses, kept.Ports);
        }

        List<ProofFinding> findings = [.. ProofJudge.JudgeInside(insideSide, before, after), .. ProofJudge.JudgeOutside(outsideSide, whyNot)];
        bool passed = findings.TrueForAll(finding => finding.Passed != false);
        return new ProofResult
        {
            Bypass = Name,
            Passed = passed,
            Summary = passed ? ProofJudge.Praise(Name, insideSide, outsideSide) : ProofJudge.Blame(Name, findings),
            Finding = findings,
            Cgroup = inside.Path,
            Address = IPAddress.Parse(insideSide.Reply.Address!),
            Port = insideSide.Reply.Port,
            ClientPort = insideSide.Reply.Client!.Port,
            BytesSent = insideSide.BytesSent,
            MessagesRedirected = insideSide.MessagesRedirected,
            BytesRedirected = insideSide.BytesRedirected,
            MessagesOverTcp = insideSide.MessagesOverTcp,
            BytesOverTcp = insideSide.BytesOverTcp,
            OutsideCgroup = outsideSide?.Cgroup,
            OutsideAddress = outsideSide?.Reply.Address is { } address ? IPAddress.Parse(address) : null,
            OutsidePort = outsideSide?.Reply.Port ?? 0,
            OutsideBytesSent = outsideSide?.BytesSent ?? 0,
            OutsideBytesRedirected = outsideSide?.BytesRedirected ?? 0,
            OutsideBytesOverTcp = outsideSide?.BytesOverTcp ?? 0,
            Elapsed = Stopwatch.GetElapsedTime(began),
        };
    }

    /// <summary>A cgroup beside the bypass's; null where that is the root, or none may be made there.</summary>
    private WorkerCgroup? CreateSibling(string cgroup, out string? whyNot)
    {
        string root = CgroupHierarchy.FindRoot();
        if (string.Equals(cgroup.TrimEnd('/'), root.TrimEnd('/'), StringComparison.Ordinal))
        {
            whyNot = _filters.Outside is null ? "The bypass covers every cgroup that this process can see, and every connection between them." : null;
            return null;
        }

        try
        {
            whyNot = null;
            return WorkerCgroup.Create(Path.GetDirectoryName(cgroup.TrimEnd('/'))!, CgroupPrefix);
        }
        catch (BypassException e) when (e.Error is BypassError.PermissionDenied or BypassError.CgroupNotUsable)
        {
            whyNot = e.Message;
            return null;
        }
    }

    private ProofReply Exchange(WorkerProcess worker, ProofRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            worker.WriteAsync(JsonSerializer.Serialize(request, ProofJsonContext.Default.ProofRequest), cancellationToken).GetAwaiter().GetResult();
            string line = worker.ReadAsync(timeout, cancellationToken).GetAwaiter().GetResult();
            return JsonSerializer.Deserialize(line, ProofJsonContext.Default.ProofReply)
                ?? throw new WorkerException("The process that makes the connection answered nothing.");
        }
        catch (WorkerException e) when (IsFrozen(request.Cgroup))
        {
            throw new BypassException(
                BypassError.BypassNotProvable, $"Whether bypass '{Name}' works cannot be told: its cgroup is frozen, and with it the process that was to connect (cgroup.freeze).", e);
        }
        catch (WorkerException e)
        {
            throw new BypassException(BypassError.WorkerFailed, $"Whether bypass '{Name}' works cannot be told: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new BypassException(BypassError.WorkerFailed, $"Whether bypass '{Name}' works cannot be told: the process that makes the connection answered something else: {e.Message}", e);
        }
    }

    private static bool IsFrozen(string cgroup)
    {
        try
        {
            return File.ReadLines(Path.Combine(cgroup, "cgroup.events")).Contains("frozen 1", StringComparer.Ordinal);
        }
        catch (IOException)
        {
            // Gone, or a kernel before 5.2, which has no freezer here.
            return false;
        }
    }

    private void ThrowWhereNothingIsToldBy(ProofSide side)
    {
        switch (side.Reply.Outcome)
        {
            case ProofOutcome.NotJoined:
                throw new BypassException(BypassError.CgroupNotUsable, $"Whether bypass '{Name}' works cannot be told: {side.Reply.Detail}");
            case ProofOutcome.NoPort:
                throw NotProvable(string.Create(
                    CultureInfo.InvariantCulture,
                    $"None of the ports that its filters let in ({string.Join(", ", _filters.Ports)}) is free to listen on ({side.Reply.Detail}): stop the service for the moment, or install it again with Force and one more port that nobody uses."));
            case ProofOutcome.Broken when side.Reply.Server is null:
                throw NotProvable($"No connection was made in its cgroup: {side.Reply.Detail}");
        }
    }

    private BypassException NotProvable(string why) => new(BypassError.BypassNotProvable, $"Whether bypass '{Name}' works cannot be told: {char.ToLowerInvariant(why[0])}{why[1..]}");
}
