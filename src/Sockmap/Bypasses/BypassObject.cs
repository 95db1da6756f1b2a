using System.Reflection;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses.Layout;
using Sockmap.Filters;

namespace Sockmap.Bypasses;

/// <summary>Our compiled object, bpf/bypass.bpf.o, which the assembly carries: its parts by name, and its settings.</summary>
internal static class BypassObject
{
    public const string TakeIn = "take_in";
    public const string Root = "root";
    public const string Mark = "mark";
    public const string Announce = "announce";
    public const string FollowAdded = "follow_added";
    public const string SockHash = "sockhash";
    public const string Storage = "storage";
    public const string Counters = "counters";
    public const string Groups = "groups";
    public const string Watchers = "watchers";
    public const string Lost = "lost";
    public const string Marks = "marks";
    public const string Judged = "judged";
    public const string Nat = "nat";
    public const string Slot = "slot";
    public const string IncludedAddresses = "included_addresses";
    public const string ExcludedAddresses = "excluded_addresses";

    /// <summary>Handshakes under way that <see cref="Nat"/> has room for.</summary>
    private const uint Handshakes = 16384;

    private const string ConfigVariable = "config";
    private const string IncludedPortsVariable = "included_ports";
    private const string ExcludedPortsVariable = "excluded_ports";

    private static readonly Lazy<ObjectSpec> Compiled = new(ReadSpec);

    /// <summary>The map that holds the settings.</summary>
    public static string Configuration => Variable(ConfigVariable).MapName;

    /// <summary>Bytes of the settings' value.</summary>
    public static int ConfigurationSize => (int)Compiled.Value.Maps[Configuration].ValueSize;

    public static int ConfigOffset => Variable(ConfigVariable).Offset;

    public static int IncludedPortsOffset => Variable(IncludedPortsVariable).Offset;

    public static int ExcludedPortsOffset => Variable(ExcludedPortsVariable).Offset;

    /// <summary>How many counters there are, see <see cref="BypassCounter"/>.</summary>
    public static int CounterCount { get; } = Enum.GetValues<BypassCounter>().Length;

    public static string VerdictOf(BypassVariant variant) => "verdict" + SuffixOf(variant);

    /// <summary>The verdict that takes a variant's place in the slot when a removal begins.</summary>
    public static string LeaveOf(BypassVariant variant) => "leave" + SuffixOf(variant);

    /// <summary>The iterator that lists the entries one by one.</summary>
    public static string ListOf(BypassVariant variant) => "list" + SuffixOf(variant);

    /// <summary>The iterator that lists the entries with their other ends.</summary>
    public static string PairsOf(BypassVariant variant) => "pair" + SuffixOf(variant);

    /// <summary>Loads the maps, and the programs with one of the verdicts.</summary>
    public static BpfObject Load(BypassSettings settings, BypassConfig config, BypassVariant variant)
    {
        config.Layout = BypassConfig.CurrentLayout;
        config.Variant = (uint)variant;
        return BpfObject.Load(Configure(settings, config), new BpfObjectOptions { Programs = [TakeIn, Root, ListOf(variant), PairsOf(variant), Mark, Announce, FollowAdded, VerdictOf(variant), LeaveOf(variant)] });
    }

    private static string SuffixOf(BypassVariant variant) => variant switch
    {
        BypassVariant.Exact => "_exact",
        BypassVariant.Probing => "_probing",
        _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, "There is no such variant."),
    };

    private static ObjectSpec Configure(BypassSettings settings, BypassConfig config)
    {
        ObjectSpec spec = ReadSpec();
        config.Options = OptionsOf(settings);
        config.QueueLimit = settings.QueueLimit;
        spec.SetVariable(ConfigVariable, MemoryMarshal.AsBytes(new ReadOnlySpan<BypassConfig>(in config)));
        spec.SetVariable(IncludedPortsVariable, PortBitmap.Write(settings.Ports));
        spec.SetVariable(ExcludedPortsVariable, PortBitmap.Write(settings.ExcludedPorts));
        spec.Maps[SockHash].MaxEntries = (uint)settings.MaxEntries;
        spec.Maps[Slot].MaxEntries = SlotLayout.Count;
        spec.Maps[Marks].MaxEntries = (uint)settings.MaxEntries;
        spec.Maps[Nat].MaxEntries = settings.ThroughNat ? Handshakes : 1;
        spec.Maps[IncludedAddresses].MaxEntries = (uint)Math.Max(1, settings.Addresses.Count);
        spec.Maps[ExcludedAddresses].MaxEntries = (uint)Math.Max(1, settings.ExcludedAddresses.Count);
        return spec;
    }

    private static BypassOptions OptionsOf(BypassSettings settings) =>
        When(settings.Family.HasFlag(AddressFamilies.IPv4), BypassOptions.IPv4)
        | When(settings.Family.HasFlag(AddressFamilies.IPv6), BypassOptions.IPv6)
        | When(settings.CrossNamespace, BypassOptions.CrossNamespace)
        | When(settings.KeepSockets, BypassOptions.KeepSockets)
        | When(settings.ThroughNat, BypassOptions.ThroughNat)
        | When(settings.Ports.Count > 0, BypassOptions.IncludedPorts)
        | When(settings.ExcludedPorts.Count > 0, BypassOptions.ExcludedPorts)
        | When(settings.Addresses.Count > 0, BypassOptions.IncludedAddresses)
        | When(settings.ExcludedAddresses.Count > 0, BypassOptions.ExcludedAddresses);

    private static BypassOptions When(bool condition, BypassOptions option) => condition ? option : BypassOptions.None;

    private static VariableSpec Variable(string name) => Compiled.Value.Variables.Single(variable => string.Equals(variable.Name, name, StringComparison.Ordinal));

    private static ObjectSpec ReadSpec() => ObjectSpec.ReadEmbedded(Assembly.GetExecutingAssembly(), "bypass");
}
