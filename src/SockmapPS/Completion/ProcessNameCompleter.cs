using System.Collections;
using System.Diagnostics;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the processes, and shows how many of each there are.</summary>
public sealed class ProcessNameCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        Process.GetProcesses()
            .GroupBy(static process => process.ProcessName, StringComparer.Ordinal)
            .OrderBy(static name => name.Key, StringComparer.Ordinal)
            .Select(static name => new CompletionOffer(name.Key, $"{name.Count()} with ids {string.Join(", ", name.Select(process => process.Id).Order())}"));
}
