namespace Sockmap.Bpf.Tests.Programs;

public sealed class VerifierLogSummaryTests
{
    [Fact]
    public void The_last_source_line_and_what_follows_is_kept_without_registers()
    {
        const string Log = """
            func#0 @0
            Live regs before insn:
            0: R1=ctx() R10=fp0
            ; first line @ a.c:1
            0: (b7) r2 = 0                        ; R2_w=0
            from 3 to 5: R1=ctx() R10=fp0
            5: R1=ctx() R10=fp0
            ; return *far; @ a.c:9
            7: (61) r0 = *(u32 *)(r1 +4000)
            invalid bpf_context access off=4000 size=4
            verification time 65 usec
            stack depth 0
            processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
            """;

        Assert.Equal("; return *far; @ a.c:9\n7: (61) r0 = *(u32 *)(r1 +4000)\ninvalid bpf_context access off=4000 size=4", VerifierLogSummary.Create(Log));
    }

    [Fact]
    public void A_long_way_from_the_last_source_line_is_shortened()
    {
        string log = "; the line\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}: (b7) r0 = {i}\n")) + "unreachable\n";

        string[] lines = VerifierLogSummary.Create(log).Split('\n');
        Assert.Equal(12, lines.Length);
        Assert.Equal(("; the line", "...", "91: (b7) r0 = 91", "unreachable"), (lines[0], lines[1], lines[2], lines[^1]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    [InlineData("unknown func bpf_nothing#999\nprocessed 1 insns", "unknown func bpf_nothing#999")]
    [InlineData("12: ", "12:")]
    [InlineData(": (b7)", ": (b7)")]
    public void Short_logs(string log, string summary) => Assert.Equal(summary, VerifierLogSummary.Create(log));
}
