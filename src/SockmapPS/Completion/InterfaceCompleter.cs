using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net.NetworkInformation;

namespace SockmapPS.Completion;

/// <summary>Offers the network interfaces of this network namespace; of another one none.</summary>
public sealed class InterfaceCompleter : IArgumentCompleter
{
    /// <inheritdoc />
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        if (fakeBoundParameters?.Contains("NetworkNamespace") == true)
        {
            return [];
        }

        string typed = CompletionText.Unquote(wordToComplete);
        return [.. NetworkInterface.GetAllNetworkInterfaces()
            .Where(item => item.Name.StartsWith(typed, StringComparison.Ordinal))
            .OrderBy(static item => item.Name, StringComparer.Ordinal)
            .Select(item => CompletionText.Offer(item.Name, wordToComplete, $"{item.NetworkInterfaceType}, {item.OperationalStatus}"))];
    }
}
