using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bypasses;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the bypasses that are installed, and shows their state.</summary>
public sealed class BypassNameCompleter : IArgumentCompleter
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
            BypassManager manager = new(new BypassManagerOptions
            {
                BpfFileSystem = fakeBoundParameters?["BpfFileSystem"] as string,
            });
            string typed = CompletionText.Unquote(wordToComplete);
            return [.. manager.ListNames()
                .Where(name => name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .Select(name => CompletionText.Offer(name, wordToComplete, Describe(manager, name)))];
        }
        catch (BypassException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    private static string Describe(BypassManager manager, string name)
    {
        try
        {
            BypassStatus bypass = manager.Get(name);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{bypass.State}, {bypass.Entries} sockets, {bypass.Cgroup ?? "cgroup not found"}");
        }
        catch (BypassException exception)
        {
            return exception.Message;
        }
    }
}
