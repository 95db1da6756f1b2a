using System.Diagnostics;
using System.Text.Json;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>What bpftool says of the same kernel.</summary>
internal static class Bpftool
{
    /// <summary>Skips the test, which says so, where there is no bpftool.</summary>
    public static void Require() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Any(static folder => File.Exists(Path.Combine(folder, "bpftool"))),
        "bpftool is not installed (Debian: bpftool): nothing was compared.");

    /// <summary>The JSON that a command prints.</summary>
    public static JsonElement Json(params string[] arguments)
    {
        string output = Run(["-j", .. arguments]);
        using JsonDocument document = JsonDocument.Parse(output.Length == 0 ? "[]" : output);
        return document.RootElement.Clone();
    }

    public static string Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("bpftool", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"bpftool {string.Join(' ', arguments)}: {errors.Result}{output}");
        return output;
    }

    /// <summary>One object of a listing.</summary>
    public static JsonElement One(this JsonElement list, uint id) =>
        list.EnumerateArray().Single(element => element.GetProperty("id").GetUInt32() == id);
}
