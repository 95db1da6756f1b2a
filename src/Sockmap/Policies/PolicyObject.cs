using System.Reflection;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Policies.Layout;

namespace Sockmap.Policies;

/// <summary>Our compiled object, bpf/policy.bpf.o, which the assembly carries: its parts by name, and its settings.</summary>
internal static class PolicyObject
{
    public const string Judge = "judge";
    public const string Receive = "receive";
    public const string Enroll = "enroll";
    public const string EnrollEstablished = "enroll_established";
    public const string ListRefused = "list_refused";
    public const string Refused = "refused";
    public const string Gate = "gate";
    public const string Sets = "sets";
    public const string Counters = "counters";
    public const string Storage = "storage";
    public const string Members = "members";
    public const string Enrolled = "enrolled";
    public const string Slot = "slot";

    private const string ConfigVariable = "config";
    private const string GenerationVariable = "generation";

    private static readonly Lazy<ObjectSpec> Compiled = new(ReadSpec);

    /// <summary>The map that holds what does not change.</summary>
    public static string Configuration => Variable(ConfigVariable).MapName;

    public static int ConfigurationSize => (int)Compiled.Value.Maps[Configuration].ValueSize;

    public static int ConfigOffset => Variable(ConfigVariable).Offset;

    /// <summary>The map whose one value is the number of the set that holds.</summary>
    public static string Generation => Variable(GenerationVariable).MapName;

    /// <summary>Loads the maps, and the programs but the gate.</summary>
    /// <param name="config">What does not change of the policy.</param>
    /// <param name="maxEntries">How many sockets it takes in.</param>
    public static BpfObject Load(PolicyConfig config, int maxEntries)
    {
        ObjectSpec spec = Configure(config);
        spec.Maps[Members].MaxEntries = (uint)maxEntries;
        spec.Maps[Refused].MaxEntries = (uint)Math.Max(maxEntries, PolicySettings.DefaultMaxEntries);
        return BpfObject.Load(spec, new BpfObjectOptions { Programs = [Judge, Receive, Enroll, EnrollEstablished, ListRefused] });
    }

    /// <summary>Loads the gate of a policy that is there for one bypass.</summary>
    /// <param name="config">The policy's.</param>
    /// <param name="maps">The policy's maps and the bypass's slot, by the name in the object.</param>
    public static BpfObject LoadGate(PolicyConfig config, IReadOnlyDictionary<string, BpfMap> maps) =>
        BpfObject.Load(Configure(config), new BpfObjectOptions { Programs = [Gate], MapReplacements = maps });

    /// <summary>An empty set, for so many entries.</summary>
    public static BpfMap CreateSet(int entries)
    {
        MapSpec set = Compiled.Value.Maps[Sets].InnerMap!;
        return BpfMap.Create(new MapCreateRequest
        {
            Name = "policy_set",
            Type = set.Type,
            KeySize = (int)set.KeySize,
            ValueSize = (int)set.ValueSize,
            MaxEntries = (uint)entries,
            Flags = set.Flags,
        });
    }

    private static ObjectSpec Configure(PolicyConfig config)
    {
        config.Layout = PolicyLayout.Current;
        ObjectSpec spec = ReadSpec();
        spec.SetVariable(ConfigVariable, MemoryMarshal.AsBytes(new ReadOnlySpan<PolicyConfig>(in config)));
        return spec;
    }

    private static VariableSpec Variable(string name) => Compiled.Value.Variables.Single(variable => string.Equals(variable.Name, name, StringComparison.Ordinal));

    private static ObjectSpec ReadSpec() => ObjectSpec.ReadEmbedded(Assembly.GetExecutingAssembly(), "policy");
}
