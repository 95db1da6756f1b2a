using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bpf.Pinning;

namespace SockmapPS.Completion;

/// <summary>Offers what is on the mounted bpffs, one folder at a time: pins, and the folders that new ones may go to.</summary>
public sealed class BpfPathCompleter : IArgumentCompleter
{
    private const int MostOffers = 1000;

    /// <inheritdoc />
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        try
        {
            string typed = CompletionText.Unquote(wordToComplete);
            string folder = typed[..(typed.LastIndexOf('/') + 1)];
            IEnumerable<string> found = folder.Length > 0 && BpfFileSystem.IsOnBpfFileSystem(folder)
                ? Directory.EnumerateFileSystemEntries(folder)
                : BpfFileSystem.FindMounts().Select(static mount => mount.MountPoint);
            return [.. found
                .Where(path => path.StartsWith(typed, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Take(MostOffers)
                .Select(path => Directory.Exists(path)
                    ? CompletionText.Offer(path + "/", wordToComplete, $"folder {path}")
                    : CompletionText.Offer(path, wordToComplete, $"pin {path}"))];
        }
        catch (Exception exception) when (exception is BpfException or IOException or UnauthorizedAccessException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }
}
