using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Sockmap.Bypasses.Layout;
using Sockmap.Proxies.Layout;

namespace Sockmap.Tests.Support;

/// <summary>What user space and the programs share, and what experiments hand to the kernel, against bpf/bypass.h and the kernel's headers, by way of the C compiler.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void TheStateOfAnEntryLiesAsInThePrograms()
    {
        Dictionary<string, long> expected = OffsetsOf<EntryState>("entry_state", new()
        {
            ["Listed"] = "flags",
            ["Own"] = "own",
            ["PeerSocket"] = "peer_sock",
            ["SyncedSequence"] = "synced_seq",
            ["FirstSequence"] = "first_seq",
            ["Misses"] = "misses",
            ["Burst"] = "burst",
            ["Trials"] = "trials",
            ["Wins"] = "wins",
            ["WindowBegan"] = "window_began",
            ["WindowBytes"] = "window_bytes",
            ["WindowMark"] = "window_mark",
            ["WindowMessages"] = "window_messages",
            ["WindowAhead"] = "window_ahead",
            ["RedirectedRate"] = "redirected_rate",
            ["NextTrial"] = "next_trial",
        });
        expected["sizeof(struct entry_key)"] = Marshal.SizeOf<EntryKey>();
        Compare("#include \"bypass.h\"", expected);
    }

    [Fact]
    public void WhatIsListedOfAStateLiesAsInThePrograms() => Compare("#include \"bypass.h\"", OffsetsOf<EntryListed>("entry_listed", new()
    {
        ["Flags"] = "flags",
        ["Leaving"] = "leaving",
        ["Reason"] = "reason",
        ["CountedSequence"] = "counted_seq",
        ["Group"] = "group",
        ["Reserved"] = "reserved",
        ["JoinedAt"] = "joined_at",
        ["ClockAt"] = "clock_at",
        ["ClockTick"] = "clock_tick",
        ["Peer"] = "peer",
        ["LastTick"] = "last_tick",
        ["RedirectedMessages"] = "redirected_messages",
        ["RedirectedBytes"] = "redirected_bytes",
        ["TcpMessages"] = "tcp_messages",
        ["TcpBytes"] = "tcp_bytes",
        ["SpilledMessages"] = "spilled_messages",
    }));

    [Fact]
    public void ARowOfTheListLiesAsInThePrograms() => Compare("#include \"bypass.h\"", OffsetsOf<EntryRow>("entry_row", new()
    {
        ["Key"] = "key",
        ["Cookie"] = "cookie",
        ["NetworkNamespaceCookie"] = "netns_cookie",
        ["Inode"] = "inode",
        ["CgroupId"] = "cgroup_id",
        ["QueuedBytes"] = "queued_bytes",
        ["_now"] = "now",
        ["_tick"] = "tick",
        ["_unsettledBytes"] = "unsettled_bytes",
        ["UserId"] = "uid",
        ["NetworkNamespaceInode"] = "netns_inode",
        ["Family"] = "family",
        ["State"] = "state",
        ["Other"] = "other",
        ["_queueEmpty"] = "queue_empty",
        ["_quiet"] = "quiet",
        ["Listed"] = "listed",
    }));

    [Fact]
    public void AnEventLiesAsInThePrograms() => Compare("#include \"bypass.h\"", OffsetsOf<BypassEvent>("bypass_event", new()
    {
        ["Key"] = "key",
        ["Time"] = "time",
        ["Cookie"] = "cookie",
        ["CgroupId"] = "cgroup_id",
        ["RedirectedMessages"] = "redirected_messages",
        ["RedirectedBytes"] = "redirected_bytes",
        ["TcpMessages"] = "tcp_messages",
        ["TcpBytes"] = "tcp_bytes",
        ["SpilledMessages"] = "spilled_messages",
        ["UserId"] = "uid",
        ["Kind"] = "kind",
        ["Reason"] = "reason",
        ["Connected"] = "connected",
    }));

    [Fact]
    public void TheKeyOfAGroupLiesAsInThePrograms() => Compare("#include \"bypass.h\"", OffsetsOf<GroupKey>("group_key", new()
    {
        ["CgroupId"] = "cgroup_id",
        ["Port"] = "port",
        ["_reserved"] = "reserved",
    }));

    [Fact]
    public void TheSettingsLieAsInThePrograms() => Compare("#include \"bypass.h\"", OffsetsOf<BypassConfig>("bypass_config", new()
    {
        ["Layout"] = "layout",
        ["Options"] = "options",
        ["Variant"] = "variant",
        ["QueueLimit"] = "queue_limit",
        ["CgroupId"] = "cgroup_id",
        ["WokenWakeFunction"] = "woken_wake_function",
        ["InstalledAt"] = "installed_at",
    }));

    [Fact]
    public void WhatAProxyAndItsProgramShareLiesAsInTheProgram()
    {
        Compare("#include \"splice.h\"", OffsetsOf<SpliceWay>("splice_way", new()
        {
            ["RedirectedBytes"] = "redirected_bytes",
            ["RedirectedMessages"] = "redirected_messages",
            ["PassedBytes"] = "passed_bytes",
            ["PassedMessages"] = "passed_messages",
            ["RepeatedBytes"] = "repeated_bytes",
            ["IsBroken"] = "is_broken",
            ["HandedBytes"] = "handed_bytes",
            ["Ready"] = "ready",
        }));
        Compare("#include \"splice.h\"", OffsetsOf<SpliceBell>("splice_bell", new() { ["Rung"] = "rung" }));
        Compare("#include \"splice.h\"", OffsetsOf<SpliceTotals>("splice_totals", new()
        {
            ["BytesUp"] = "bytes[0]",
            ["BytesDown"] = "bytes[1]",
            ["MessagesUp"] = "messages[0]",
            ["MessagesDown"] = "messages[1]",
            ["RepeatedBytes"] = "repeated_bytes",
        }));
    }

    [Fact]
    public void NumbersMeanWhatTheyMeanInThePrograms()
    {
        Dictionary<string, long> expected = new(StringComparer.Ordinal)
        {
            ["BYPASS_LAYOUT"] = BypassConfig.CurrentLayout,
            ["PORT_BITMAP_BYTES"] = PortBitmap.Length,
            ["sizeof(struct address_key)"] = AddressKey.Length,
            ["BYPASS_COUNTERS"] = Enum.GetValues<BypassCounter>().Length,
            ["VARIANT_EXACT"] = (long)Sockmap.Bypasses.BypassVariant.Exact,
            ["VARIANT_PROBING"] = (long)Sockmap.Bypasses.BypassVariant.Probing,
            ["OPTION_IPV4"] = (long)BypassOptions.IPv4,
            ["OPTION_IPV6"] = (long)BypassOptions.IPv6,
        };
        foreach (BypassCounter counter in Enum.GetValues<BypassCounter>())
        {
            expected[SnakeOf(counter.ToString())] = (long)counter;
        }

        foreach (BypassOptions option in Enum.GetValues<BypassOptions>().Where(option => option > BypassOptions.IPv6))
        {
            expected["OPTION_" + SnakeOf(option.ToString())] = (long)option;
        }

        foreach (EntryFlags flag in Enum.GetValues<EntryFlags>().Where(flag => flag != EntryFlags.None))
        {
            expected["ENTRY_" + SnakeOf(flag.ToString())] = (long)flag;
        }

        foreach (EntryLeaving leaving in Enum.GetValues<EntryLeaving>())
        {
            expected["LEAVING_" + SnakeOf(leaving.ToString())] = (long)leaving;
        }

        foreach (EventKind kind in Enum.GetValues<EventKind>().Where(kind => kind != EventKind.None))
        {
            expected["EVENT_" + SnakeOf(kind.ToString())] = (long)kind;
        }

        foreach (RowOther other in Enum.GetValues<RowOther>())
        {
            expected["OTHER_" + SnakeOf(other.ToString())] = (long)other;
        }

        Compare("#include \"bypass.h\"", expected);
    }

    internal static Dictionary<string, long> OffsetsOf<T>(string type, Dictionary<string, string> members)
        where T : struct
    {
        const BindingFlags EveryField = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
        Assert.Equal(typeof(T).GetFields(EveryField).Select(field => field.Name).Order(), members.Keys.Order());
        Dictionary<string, long> expected = members.ToDictionary(
            pair => $"offsetof(struct {type}, {pair.Value})",
            pair => (long)Marshal.OffsetOf<T>(pair.Key),
            StringComparer.Ordinal);
        expected[$"sizeof(struct {type})"] = Marshal.SizeOf<T>();
        return expected;
    }

    private static string SnakeOf(string pascal) =>
        string.Concat(pascal.Select((letter, index) => index > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    internal static void Compare(string includes, Dictionary<string, long> expected)
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static path => File.Exists(Path.Combine(path, "cc"))),
            "NOT CHECKED: there is no C compiler 'cc', so layouts and constants were not compared with the C headers.");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sockmap-cc-");
        try
        {
            string source = Path.Combine(folder.FullName, "check.c");
            string program = Path.Combine(folder.FullName, "check");
            File.WriteAllText(
                source,
                $"{includes}\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n{string.Concat(expected.Keys.Select(text => $"printf(\"%lld\\n\", (long long)({text}));\n"))}return 0; }}\n");
            Run("cc", "-w", "-fms-extensions", "-I", FindSources(), "-o", program, source);
            long[] actual = [.. Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
            Assert.Equal(expected, expected.Keys.Zip(actual).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string FindSources()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string sources = Path.Combine(folder.FullName, "bpf");
            if (File.Exists(Path.Combine(sources, "bypass.h")))
            {
                return sources;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} has bpf/bypass.h.");
    }

    private static string Run(string file, params string[] arguments)
    {
        ProcessStartInfo start = new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
        return output;
    }
}
