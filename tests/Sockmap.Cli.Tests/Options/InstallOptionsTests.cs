using System.CommandLine;
using System.Net;
using Sockmap.Bypasses;
using Sockmap.Cli.Commands;
using Sockmap.Filters;

namespace Sockmap.Cli.Tests.Options;

public sealed class InstallOptionsTests
{
    [Fact]
    public void Without_options_the_settings_are_the_domains_own()
    {
        BypassSettings settings = Read("install").Settings;
        BypassSettings expected = new();

        Assert.Equal(expected with { Ports = [], ExcludedPorts = [], Addresses = [], ExcludedAddresses = [] }, Scalars(settings));
        Assert.Empty(settings.Ports);
        Assert.Empty(settings.ExcludedPorts);
        Assert.Empty(settings.Addresses);
        Assert.Empty(settings.ExcludedAddresses);
    }

    [Fact]
    public void Every_option_reaches_its_setting()
    {
        (BypassSettings settings, InstallOptions options) = Read(
            "install --name web --cgroup /sys/fs/cgroup/x --port 6379,8000-8100 --port 9000 --exclude-port 8080 "
            + "--address 10.0.0.0/8,::1 --exclude-address 10.1.0.0/16 --family IPv4 --max-entries 4096 --cross-namespace --keep-sockets --through-nat "
            + "--queue-limit 1048576 --variant probing --force --timeout 1.5s");

        Assert.Equal("web", settings.Name);
        Assert.Equal("/sys/fs/cgroup/x", settings.Cgroup);
        Assert.Equal([new PortRange(6379, 6379), new PortRange(8000, 8100), new PortRange(9000, 9000)], settings.Ports);
        Assert.Equal([new PortRange(8080, 8080)], settings.ExcludedPorts);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("::1/128")], settings.Addresses);
        Assert.Equal([IPNetwork.Parse("10.1.0.0/16")], settings.ExcludedAddresses);
        Assert.Equal(AddressFamilies.IPv4, settings.Family);
        Assert.Equal(4096, settings.MaxEntries);
        Assert.True(settings.CrossNamespace);
        Assert.True(settings.KeepSockets);
        Assert.True(settings.ThroughNat);
        Assert.Equal(1048576u, settings.QueueLimit);
        Assert.Equal(BypassVariant.Probing, settings.Variant);
        Assert.True(options.Replace);
        Assert.Equal(TimeSpan.FromSeconds(1.5), options.Timeout);
    }

    [Fact]
    public void Every_setting_has_an_option() =>
        Assert.Equal(
            typeof(BypassSettings).GetProperties().Select(property => property.Name switch
            {
                nameof(BypassSettings.Ports) => "--port",
                nameof(BypassSettings.ExcludedPorts) => "--exclude-port",
                nameof(BypassSettings.Addresses) => "--address",
                nameof(BypassSettings.ExcludedAddresses) => "--exclude-address",
                nameof(BypassSettings.MaxEntries) => "--max-entries",
                nameof(BypassSettings.CrossNamespace) => "--cross-namespace",
                nameof(BypassSettings.KeepSockets) => "--keep-sockets",
                nameof(BypassSettings.ThroughNat) => "--through-nat",
                nameof(BypassSettings.QueueLimit) => "--queue-limit",
                string name => "--" + name.ToUpperInvariant(),
            }).Order(StringComparer.OrdinalIgnoreCase),
            new SockmapCommand().Subcommands.OfType<InstallCommand>().Single().Options
                .Select(option => option.Name)
                .Except(["--force", "--timeout", "--include-established"], StringComparer.Ordinal)
                .Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);

    private static BypassSettings Scalars(BypassSettings settings) =>
        settings with { Ports = [], ExcludedPorts = [], Addresses = [], ExcludedAddresses = [] };

    private static (BypassSettings Settings, InstallOptions Options) Read(string line)
    {
        SockmapCommand root = new();
        ParseResult parsed = root.Parse(line.Split(' '));
        Assert.Empty(parsed.Errors);
        InstallCommand install = root.Subcommands.OfType<InstallCommand>().Single();
        return (install.ReadSettings(parsed), install.ReadOptions(parsed));
    }
}
