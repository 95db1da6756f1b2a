using System.Collections;
using Sockmap.Cgroups;

namespace SockmapPS.Completion;

/// <summary>Offers the folders of the cgroup v2 mount, one level at a time.</summary>
public sealed class CgroupCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        CgroupHierarchy.Complete(typed).Select(static path => new CompletionOffer(path, $"cgroup {path}"));
}
