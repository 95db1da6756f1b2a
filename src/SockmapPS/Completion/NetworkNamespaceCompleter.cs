using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf.Pinning;

namespace SockmapPS.Completion;

/// <summary>Offers the network namespaces that have a file of their own (ip netns).</summary>
public sealed class NetworkNamespaceCompleter : IArgumentCompleter
{
    private const string Folder = "/run/netns/";

    /// <inheritdoc />
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        string typed = CompletionText.Unquote(wordToComplete);

        // The others of these are namespaces of other kinds: ip(8) has a folder for its own.
        return [.. MountTable.Find("nsfs")
            .Select(static mount => mount.MountPoint)
            .Where(path => path.StartsWith(Folder, StringComparison.Ordinal) && path.StartsWith(typed, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(path => CompletionText.Offer(path, wordToComplete, $"network namespace {path}"))];
    }
}
