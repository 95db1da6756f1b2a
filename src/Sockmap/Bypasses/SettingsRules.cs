using System.Net;
using System.Text.RegularExpressions;
using Sockmap.Filters;

namespace Sockmap.Bypasses;

/// <summary>Which settings can be, when two are the same, and what differs.</summary>
internal static partial class SettingsRules
{
    /// <summary>Throws where a value cannot be; else the same settings with their lists in canonical form.</summary>
    public static BypassSettings Check(BypassSettings settings)
    {
        CheckName(settings.Name);
        if (settings.Family == AddressFamilies.None || (settings.Family & ~AddressFamilies.Any) != AddressFamilies.None)
        {
            throw Invalid($"Family '{settings.Family}' takes nothing: use IPv4, IPv6 or Any.");
        }

        if (settings.MaxEntries < 2)
        {
            throw Invalid($"MaxEntries {settings.MaxEntries} holds no connection: a connection needs 2 entries.");
        }

        if (settings.Variant is { } variant && !Enum.IsDefined(variant))
        {
            throw Invalid($"Variant '{variant}' is unknown: use Exact or Probing.");
        }

        return settings with
        {
            Ports = PortRange.Normalize(settings.Ports),
            ExcludedPorts = PortRange.Normalize(settings.ExcludedPorts),
            Addresses = AddressRange.Normalize(settings.Addresses),
            ExcludedAddresses = AddressRange.Normalize(settings.ExcludedAddresses),
        };
    }

    public static void CheckName(string name, string what = "a bypass")
    {
        if (!NamePattern().IsMatch(name))
        {
            throw Invalid($"'{name}' cannot be the name of {what}: use 1 to 64 letters, digits, '-' and '_', the first one no '-'.");
        }
    }

    /// <summary>What is asked for and not so, one sentence each; both canonical. A variant left open differs from none.</summary>
    public static IReadOnlyList<string> Differences(BypassSettings installed, ulong installedCgroup, BypassSettings wanted, ulong wantedCgroup)
    {
        List<string> differences = [];
        void Compare(string name, string has, string asked)
        {
            if (!string.Equals(has, asked, StringComparison.Ordinal))
            {
                differences.Add($"{name} is {has}, asked for {asked}");
            }
        }

        if (installedCgroup != wantedCgroup)
        {
            differences.Add($"Cgroup is {installed.Cgroup ?? "not to be found"}, asked for {wanted.Cgroup}");
        }

        Compare("Family", installed.Family.ToString(), wanted.Family.ToString());
        Compare("Port", Describe(installed.Ports, "any"), Describe(wanted.Ports, "any"));
        Compare("ExcludePort", Describe(installed.ExcludedPorts, "none"), Describe(wanted.ExcludedPorts, "none"));
        Compare("Address", Describe(installed.Addresses, "any"), Describe(wanted.Addresses, "any"));
        Compare("ExcludeAddress", Describe(installed.ExcludedAddresses, "none"), Describe(wanted.ExcludedAddresses, "none"));
        Compare("MaxEntries", $"{installed.MaxEntries}", $"{wanted.MaxEntries}");
        Compare("CrossNamespace", $"{installed.CrossNamespace}", $"{wanted.CrossNamespace}");
        Compare("KeepSockets", $"{installed.KeepSockets}", $"{wanted.KeepSockets}");
        Compare("ThroughNat", $"{installed.ThroughNat}", $"{wanted.ThroughNat}");
        Compare("QueueLimit", $"{installed.QueueLimit}", $"{wanted.QueueLimit}");
        if (wanted.Variant is not null)
        {
            Compare("Variant", $"{installed.Variant}", $"{wanted.Variant}");
        }

        return differences;
    }

    private static string Describe(IReadOnlyList<PortRange> ports, string none) =>
        ports.Count == 0 ? none : string.Join(',', ports);

    private static string Describe(IReadOnlyList<IPNetwork> networks, string none) =>
        networks.Count == 0 ? none : string.Join(',', networks);

    private static BypassException Invalid(string message) => new(BypassError.InvalidSetting, message);

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
