using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bypasses;
using Sockmap.Proxies;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the proxies, and shows where they listen and connect to.</summary>
public sealed class ProxyNameCompleter : IArgumentCompleter
{
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
            ProxyManager manager = new(new ProxyManagerOptions { BpfFileSystem = fakeBoundParameters?["BpfFileSystem"] as string });
            string typed = CompletionText.Unquote(wordToComplete);
            return [.. manager.List()
                .Where(proxy => proxy.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .Select(proxy => CompletionText.Offer(proxy.Name, wordToComplete, $"{proxy.State}, {string.Join(", ", proxy.Listen)} to {string.Join(", ", proxy.To)}"))];
        }
        catch (BypassException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }
}
