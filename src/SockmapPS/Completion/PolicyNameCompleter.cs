using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Policies;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the policies that are there, and shows their state.</summary>
public sealed class PolicyNameCompleter : StoredNameCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string? bpfFileSystem, string typed) =>
        new PolicyManager(new BypassManagerOptions { BpfFileSystem = bpfFileSystem }).List().Select(static policy => new CompletionOffer(
            policy.Name,
            string.Create(CultureInfo.InvariantCulture, $"{policy.State}, {policy.Rules} rules, {policy.Cgroup ?? "all sockets"}")));
}
