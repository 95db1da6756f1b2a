using System.Collections;
using System.Diagnostics;
using System.Globalization;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the processes, and shows their names.</summary>
public sealed class ProcessIdCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        Process.GetProcesses()
            .OrderBy(static process => process.Id)
            .Select(static process => new CompletionOffer(process.Id.ToString(CultureInfo.InvariantCulture), process.ProcessName));
}
