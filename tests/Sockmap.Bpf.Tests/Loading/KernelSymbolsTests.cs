using System.Text;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

public sealed class KernelSymbolsTests
{
    [Fact]
    public void Finds_what_proc_kallsyms_shows()
    {
        IReadOnlyDictionary<string, ulong> found = KernelSymbols.Find(["woken_wake_function", "no_such_symbol_at_all", "tcp_sendmsg"]);

        Dictionary<string, string> expected = File.ReadLines("/proc/kallsyms").Select(l => l.Split(' ', '\t'))
            .Where(p => p[2] is "woken_wake_function" or "tcp_sendmsg").ToDictionary(p => p[2], p => p[0], StringComparer.Ordinal);
        Assert.Equal(expected.Count, found.Count);
        Assert.All(found, f => Assert.Equal(expected[f.Key], f.Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Hidden_and_ambiguous_symbols_are_left_out()
    {
        string padding = string.Concat(Enumerable.Range(0, 5000).Select(i => $"ffffffff8{i:x7} t filler_{i}\n"));
        string text = "0000000000000000 T hidden\nffffffff81000000 t twice\n" + padding
            + "ffffffff82000000 t twice\nffffffff83000000 T once\nffffffff83000000 T once\nffffffffc0000000 t in_module\t[sock]\nffffffff84000000 t renamed.llvm.123\nbroken\nffffffff85000000 T last";

        Dictionary<string, ulong> found = KernelSymbols.Find(
            new MemoryStream(Encoding.ASCII.GetBytes(text + "\n")),
            ["hidden", "twice", "once", "in_module", "renamed", "last", "filler_4999"]);

        Assert.Equal("filler_4999 in_module last once renamed", string.Join(' ', found.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(0xffffffffc0000000, found["in_module"]);
    }

    [Fact]
    public void A_global_symbol_wins_over_static_ones_and_ends_the_search()
    {
        string rest = string.Concat(Enumerable.Range(0, 50_000).Select(i => $"ffffffff8{i:x7} t filler_{i}\n"));
        using MemoryStream text = new(Encoding.ASCII.GetBytes(
            "ffffffff81000000 t shared\nffffffff82000000 t shared\nffffffff83000000 T shared\nffffffff84000000 D global\nffffffff85000000 t shared\n" + rest));

        Dictionary<string, ulong> found = KernelSymbols.Find(text, ["shared", "global"]);

        Assert.Equal(0xffffffff83000000, found["shared"]);
        Assert.Equal(0xffffffff84000000, found["global"]);
        Assert.True(text.Position < text.Length / 2, "It read on to the end.");
    }
}
