using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Tests.Btf;

/// <summary>Types as bpftool reads them: a second opinion.</summary>
internal sealed partial class BpftoolDump
{
    private static readonly Lazy<BpftoolDump?> LazyKernel = new(() => Read(BtfSpec.KernelPath));

    private readonly string[] _lines;

    private BpftoolDump(string[] lines)
    {
        _lines = lines;
        TypeCount = lines.Count(l => l.StartsWith('['));
    }

    public static BpftoolDump Kernel
    {
        get
        {
            Assert.SkipWhen(LazyKernel.Value is null, "bpftool is not installed");
            return LazyKernel.Value!;
        }
    }

    public int TypeCount { get; }

    /// <summary>Reads a file with BTF; null where there is no bpftool.</summary>
    public static BpftoolDump? Read(string file, params string[] options)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("bpftool", ["btf", "dump", "file", file, "format", "raw", .. options]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? new BpftoolDump(text.Split('\n')) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public (uint Id, uint Size) Struct(string name)
    {
        string line = _lines.First(l => l.Contains($" STRUCT '{name}' size=", StringComparison.Ordinal));
        return (IdOf(line), uint.Parse(Size().Match(line).Groups["number"].Value, CultureInfo.InvariantCulture));
    }

    public uint Id(string kind, string name) => IdOf(_lines.First(l => l.Contains($"] {kind} '{name}' ", StringComparison.Ordinal)));

    /// <summary>Bits from the start of a struct to a member of its own, not of an anonymous one in it.</summary>
    public int BitOffset(string structName, string member)
    {
        int at = Array.FindIndex(_lines, l => l.Contains($" STRUCT '{structName}' size=", StringComparison.Ordinal)) + 1;
        for (; _lines[at].StartsWith('\t'); at++)
        {
            if (_lines[at].StartsWith($"\t'{member}' ", StringComparison.Ordinal))
            {
                return int.Parse(Bits().Match(_lines[at]).Groups["number"].Value, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException($"bpftool shows no {structName}.{member}.");
    }

    private static uint IdOf(string line) => uint.Parse(line.AsSpan(1, line.IndexOf(']', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);

    [GeneratedRegex("size=(?<number>\\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Size();

    [GeneratedRegex("bits_offset=(?<number>\\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bits();
}
