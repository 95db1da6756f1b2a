using System.CommandLine;
using System.Net;
using Sockmap.Bypasses;
using Sockmap.Filters;

namespace Sockmap.Cli.Options;

/// <summary>The options that make a <see cref="BypassSettings"/>.</summary>
internal sealed class SettingsOptions
{
    private readonly Option<string?> name = new("--name", "-n")
    {
        Description = $"Name of the bypass: 1 to 64 letters, digits, '-' and '_'; without it '{BypassSettings.DefaultName}'.",
        HelpName = "NAME",
    };

    private readonly Option<string?> cgroup = new("--cgroup", "-c")
    {
        Description = "Take sockets of processes in this cgroup v2 folder and below; without it the root of the mount.",
        HelpName = "DIR",
    };

    private readonly Option<PortRange[]> ports = new("--port", "-p")
    {
        Description = "Only connections to these ports.",
        HelpName = "6379,8000-8100",
        CustomParser = ValueParsers.Ports,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<PortRange[]> excludedPorts = new("--exclude-port")
    {
        Description = "No connections to these ports.",
        HelpName = "PORTS",
        CustomParser = ValueParsers.Ports,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<IPNetwork[]> addresses = new("--address", "-a")
    {
        Description = "Only connections with an end in one of these networks.",
        HelpName = "10.0.0.0/8,::1",
        CustomParser = ValueParsers.Networks,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<IPNetwork[]> excludedAddresses = new("--exclude-address")
    {
        Description = "No connections with an end in one of these networks.",
        HelpName = "NETWORKS",
        CustomParser = ValueParsers.Networks,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<AddressFamilies?> family = new("--family")
    {
        Description = "Only IPv4 (v4-mapped included) or only IPv6; without it any.",
        HelpName = "any|ipv4|ipv6",
        CustomParser = ValueParsers.Family,
    };

    private readonly Option<int> maxEntries = new("--max-entries")
    {
        Description = "How many sockets it holds; a connection needs two. More stay on TCP.",
        HelpName = "N",
        CustomParser = ValueParsers.Number<int>,
        DefaultValueFactory = _ => BypassSettings.DefaultMaxEntries,
    };

    private readonly Option<bool> crossNamespace = new("--cross-namespace")
    {
        Description = "Also take pairs whose ends are in different network namespaces of this host.",
    };

    private readonly Option<bool> keepSockets = new("--keep-sockets")
    {
        Description = "Sockets stay in also where TCP carries better what they send.",
    };

    private readonly Option<bool> throughNat = new("--through-nat")
    {
        Description = "Also take connections that NAT (redirect, dnat) leads to another socket of this host.",
    };

    private readonly Option<uint> queueLimit = new("--queue-limit")
    {
        Description = "Bytes that may wait unread before messages go over TCP; 0, or without it, 2 MiB.",
        HelpName = "BYTES",
        CustomParser = ValueParsers.Number<uint>,
    };

    private readonly Option<BypassVariant?> variant = new("--variant")
    {
        Description = "The verdict program; without it the best that the kernel takes.",
        HelpName = "exact|probing",
        CustomParser = ValueParsers.Variant,
    };

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        command.Add(name);
        command.Add(cgroup);
        command.Add(ports);
        command.Add(excludedPorts);
        command.Add(addresses);
        command.Add(excludedAddresses);
        command.Add(family);
        command.Add(maxEntries);
        command.Add(crossNamespace);
        command.Add(keepSockets);
        command.Add(throughNat);
        command.Add(queueLimit);
        command.Add(variant);
    }

    /// <summary>The settings that a command line asks for.</summary>
    public BypassSettings Read(ParseResult parsed) => new()
    {
        Name = parsed.GetValue(name) ?? BypassSettings.DefaultName,
        Cgroup = parsed.GetValue(cgroup),
        Ports = parsed.GetValue(ports) ?? [],
        ExcludedPorts = parsed.GetValue(excludedPorts) ?? [],
        Addresses = parsed.GetValue(addresses) ?? [],
        ExcludedAddresses = parsed.GetValue(excludedAddresses) ?? [],
        Family = parsed.GetValue(family) ?? AddressFamilies.Any,
        MaxEntries = parsed.GetValue(maxEntries),
        CrossNamespace = parsed.GetValue(crossNamespace),
        KeepSockets = parsed.GetValue(keepSockets),
        ThroughNat = parsed.GetValue(throughNat),
        QueueLimit = parsed.GetValue(queueLimit),
        Variant = parsed.GetValue(variant),
    };
}
