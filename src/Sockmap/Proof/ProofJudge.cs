using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;

namespace Sockmap.Proof;

/// <summary>What the numbers of a proof mean, in words.</summary>
internal static class ProofJudge
{
    private const string BytesRedirected = "Inside.BytesRedirected";

    /// <summary>The findings on the connection inside. The first that failed is the reason for those behind it.</summary>
    public static IEnumerable<ProofFinding> JudgeInside(ProofSide side, BypassStatus before, BypassStatus after)
    {
        bool isActive = after.State == BypassState.Active;
        yield return new ProofFinding(
            "Inside.BypassIsActive", isActive, isActive ? "The bypass is Active." : $"The bypass is {after.State}: {string.Join(' ', after.Problem)}");
        bool isIn = side.Rows.Count == 2;
        yield return new ProofFinding("Inside.InMap", isIn, isIn
            ? $"Both sockets of the connection in {side.Cgroup} ({Where(side)}) are in the map (cookies {Cookies(side)})."
            : $"{Count(side.Rows.Count)} of the connection in {side.Cgroup} ({Where(side)}; cookies {Cookies(side)}) is in the map: {WhyNotIn(side, before, after)}");

        bool redirects = isIn && side.Ends.All(end => Redirects(side.Rows[end.Cookie]));
        yield return new ProofFinding(
            BytesRedirected,
            redirects,
            Text($"The bypass's program counts {side.BytesRedirected} of {side.BytesSent} bytes in {side.MessagesRedirected} messages as past TCP{WhyNotAll(side)}."));

        bool agrees = isIn && side.Ends.All(end => side.Rows[end.Cookie] is var row
            && row.RedirectedBytes + row.TcpBytes == end.BytesSent && row.TcpBytes == end.BytesOverTcp);
        yield return new ProofFinding(
            "Inside.TcpInfo",
            agrees && side.BytesOverTcp < side.BytesSent,
            Text($"TCP itself (TCP_INFO) counts {side.BytesOverTcp} of {side.BytesSent} bytes as sent{(isIn && !agrees ? ", which is not what the bypass's program left to it" : string.Empty)}."));
        yield return BytesMatch("Inside", side);
    }

    /// <summary>The findings on the connection outside.</summary>
    /// <param name="side">The connection; null where none was made.</param>
    /// <param name="whyNot">Why none was.</param>
    public static IEnumerable<ProofFinding> JudgeOutside(ProofSide? side, string? whyNot)
    {
        if (side is null)
        {
            yield return new ProofFinding("Outside.Contrast", null, $"No connection outside was made. {whyNot}");
            yield break;
        }

        if (side.Reply.Server is null)
        {
            yield return new ProofFinding("Outside.Contrast", null, $"No connection outside was made. {side.Reply.Detail}");
            yield break;
        }

        yield return new ProofFinding("Outside.NotInMap", side.Rows.Count == 0, side.Rows.Count == 0
            ? $"Neither socket of the connection in {side.Cgroup} ({Where(side)}) is in the map."
            : $"{Count(side.Rows.Count)} of the connection in {side.Cgroup} ({Where(side)}) is in the map, although the bypass does not cover it.");
        bool isTcp = side.BytesOverTcp == side.BytesSent;
        yield return new ProofFinding(
            "Outside.TcpInfo",
            isTcp ? true : side.OtherBypass is null ? false : null,
            Text($"TCP itself (TCP_INFO) counts {side.BytesOverTcp} of {side.BytesSent} bytes as sent{(side.OtherBypass is { } other ? $": the connection is in bypass '{other}'" : string.Empty)}."));
        yield return BytesMatch("Outside", side);
    }

    /// <summary>One sentence on a proof that passed.</summary>
    public static string Praise(string name, ProofSide inside, ProofSide? outside) => Text(
        $"Bypass '{name}' works: {inside.BytesRedirected} of {inside.BytesSent} bytes inside it skipped TCP{(outside?.Reply.Server is null ? string.Empty : $", and none of {outside.BytesSent} outside did by it")}.");

    /// <summary>One sentence on a proof that failed: the first failure is the reason for those behind it.</summary>
    public static string Blame(string name, IReadOnlyList<ProofFinding> findings)
    {
        bool redirects = findings.Any(finding => finding is { Name: BytesRedirected, Passed: true });
        return $"Bypass '{name}' {(redirects ? "redirects, but is not as it has to be" : "does not work")}: {findings.First(finding => finding.Passed == false).Detail}";
    }

    private static ProofFinding BytesMatch(string side, ProofSide connection) => new(
        side + ".BytesMatch",
        connection.Reply.Outcome == ProofOutcome.Done,
        connection.Reply.Outcome == ProofOutcome.Done ? Text($"All {connection.BytesSent} bytes came as they were sent, both ways.") : connection.Reply.Detail);

    private static bool Redirects(EntryRow row) => row.RedirectedBytes > 0 && row.Flags.HasFlag(EntryFlags.Redirected);

    private static string WhyNotAll(ProofSide side)
    {
        SockmapReason[] reasons = [.. side.Rows.Values.Select(row => Reasons.Of((BypassCounter)row.Reason)).Where(reason => reason != SockmapReason.None).Distinct()];
        if (reasons.Length > 0)
        {
            return Text($", and {side.MessagesOverTcp} messages as left to TCP ({string.Join(", ", reasons)})");
        }

        return side.Rows.Count == 2 && side.MessagesRedirected + side.MessagesOverTcp == 0 ? "; it was never asked, so that it is not attached to the map" : string.Empty;
    }

    private static string WhyNotIn(ProofSide side, BypassStatus before, BypassStatus after)
    {
        if (side.OtherBypass is { } other)
        {
            return $"bypass '{other}' has it, and a socket is in one bypass only.";
        }

        if (after.SocketsMapFull > before.SocketsMapFull)
        {
            return Text($"the map is full ({after.Entries} of {after.MaxEntries} sockets); install again with more MaxEntries and Force.");
        }

        if (after.SocketsRefused > before.SocketsRefused)
        {
            return "the kernel refused it, since it is in the sockmap of somebody else, or its key is taken.";
        }

        return after.Problem.Count > 0 ? string.Join(' ', after.Problem) : "the sock_ops program did not take it in; a program of somebody else in a cgroup between may keep ours from running (bpftool cgroup tree).";
    }

    private static string Count(int rows) => rows == 0 ? "No socket" : "Only one socket";

    private static string Where(ProofSide side) => Text($"{Host(side.Reply.Address!)}:{side.Reply.Port}, from port {side.Reply.Client!.Port}");

    private static string Host(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

    private static string Cookies(ProofSide side) => Text($"{side.Reply.Client!.Cookie}, {side.Reply.Server!.Cookie}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
