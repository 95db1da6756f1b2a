using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Maps;
using Sockmap.Filters;
using Sockmap.Policies.Layout;

namespace Sockmap.Policies.Rules;

/// <summary>
/// Writes a set as the entries of a trie, and reads it back. For each kind of criterion the trie has, under each network,
/// range of ports or number that some rule names, the rules that it satisfies; what it finds for a message is the longest
/// match, so that what lies in a wider one is there again. The programs intersect the finds: a few look-ups, however many
/// rules there are.
/// </summary>
internal static class RuleCompiler
{
    private const int PieceLength = PolicyLayout.MostRules / 8;
    private const int AddressBits = 128;
    private const int PortBits = 16;
    private const int MappedPrefixLength = 96;

    public static List<MapEntry> Write(RuleSet set)
    {
        List<MapEntry> entries = [];
        SetHead head = new()
        {
            Egress = WriteDirection(set, PolicyDirection.Egress, set.DefaultEgressAction, entries),
            Ingress = WriteDirection(set, PolicyDirection.Ingress, set.DefaultIngressAction, entries),
            Disabled = set.IsEnabled ? 0u : 1u,
            Rules = (uint)set.Rules.Count,
            NextId = set.NextId,
        };
        byte[] value = new byte[PieceLength];
        MemoryMarshal.Write(value, in head);
        entries.Add(new MapEntry(SetKey.Head(), value));
        for (int i = 0; i < set.Rules.Count; i++)
        {
            WriteRule(set, i, entries);
        }

        return entries;
    }

    /// <summary>Null where the map has no set as this version writes it.</summary>
    public static RuleSet? Read(BpfMap map)
    {
        byte[] value = new byte[PieceLength];
        if (!map.TryLookup(SetKey.Head(), value))
        {
            return null;
        }

        SetHead head = MemoryMarshal.Read<SetHead>(value);
        List<StoredRule> rules = [];
        for (int i = 0; i < head.Rules; i++)
        {
            if (ReadRule(map, i) is not { } rule)
            {
                return null;
            }

            rules.Add(rule);
        }

        return new RuleSet
        {
            Rules = rules,
            DefaultEgressAction = (PolicyAction)head.Egress.Action,
            DefaultIngressAction = (PolicyAction)head.Ingress.Action,
            IsEnabled = head.Disabled == 0,
            NextId = head.NextId,
        };
    }

    private static DirectionHead WriteDirection(RuleSet set, PolicyDirection direction, PolicyAction action, List<MapEntry> entries)
    {
        DirectionHead head = new() { Action = (uint)action, Counter = PolicyLayout.DefaultCounter + (uint)direction };
        RuleBits all = new();
        for (int i = 0; i < set.Rules.Count; i++)
        {
            if (set.Rules[i].Direction == direction)
            {
                head.Rules++;
                all.Add(i);
            }
        }

        entries.Add(new MapEntry(SetKey.Write(SetKind.All, direction, 0, 0), all.ToBytes()));
        head.Criteria =
            WriteCriterion(set, direction, SetKind.RemoteAddress, static rule => rule.RemoteAddresses.Select(Prefix), entries)
            | WriteCriterion(set, direction, SetKind.LocalAddress, static rule => rule.LocalAddresses.Select(Prefix), entries)
            | WriteCriterion(set, direction, SetKind.RemotePort, static rule => rule.RemotePorts.SelectMany(Prefixes), entries)
            | WriteCriterion(set, direction, SetKind.LocalPort, static rule => rule.LocalPorts.SelectMany(Prefixes), entries)
            | WriteCriterion(set, direction, SetKind.Uid, static rule => rule.UserIds.Select(static uid => ((UInt128)uid << 96, 32)), entries)
            | WriteCriterion(set, direction, SetKind.Cgroup, static rule => rule.CgroupIds.Select(static id => ((UInt128)id << 64, 64)), entries);
        return head;
    }

    /// <returns>The criterion's bit where some rule has it, else 0.</returns>
    private static uint WriteCriterion(
        RuleSet set,
        PolicyDirection direction,
        SetKind kind,
        Func<StoredRule, IEnumerable<(UInt128 Number, int Bits)>> select,
        List<MapEntry> entries)
    {
        RuleBits any = new();
        Dictionary<(UInt128 Number, int Bits), RuleBits> named = [];
        for (int i = 0; i < set.Rules.Count; i++)
        {
            if (set.Rules[i].Direction != direction)
            {
                continue;
            }

            bool isNamed = false;
            foreach ((UInt128 Number, int Bits) prefix in select(set.Rules[i]))
            {
                isNamed = true;
                if (!named.TryGetValue(prefix, out RuleBits? bits))
                {
                    named[prefix] = bits = new RuleBits();
                }

                bits.Add(i);
            }

            if (!isNamed)
            {
                any.Add(i);
            }
        }

        if (named.Count == 0)
        {
            return 0;
        }

        // Wider ones first, so that each takes over from the next wider what that has of all the others. The widest is all.
        named.TryAdd((0, 0), new RuleBits());
        named[(0, 0)].Add(any);
        int[] lengths = [.. named.Keys.Select(static prefix => prefix.Bits).Distinct().OrderDescending()];
        foreach (((UInt128 Number, int Bits) prefix, RuleBits bits) in named.OrderBy(static pair => pair.Key.Bits))
        {
            foreach (int length in lengths)
            {
                if (length < prefix.Bits && named.TryGetValue((Cut(prefix.Number, length), length), out RuleBits? wider))
                {
                    bits.Add(wider);
                    break;
                }
            }

            entries.Add(new MapEntry(SetKey.Write(kind, direction, prefix.Number, prefix.Bits), bits.ToBytes()));
        }

        return 1u << (int)kind;
    }

    private static UInt128 Cut(UInt128 number, int bits) => bits == 0 ? 0 : number >> (AddressBits - bits) << (AddressBits - bits);

    private static (UInt128 Number, int Bits) Prefix(IPNetwork network)
    {
        bool isIPv4 = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        UInt128 number = BinaryPrimitives.ReadUInt128BigEndian(network.BaseAddress.MapToIPv6().GetAddressBytes());
        return (number, network.PrefixLength + (isIPv4 ? MappedPrefixLength : 0));
    }

    /// <summary>A range as few networks of ports.</summary>
    private static IEnumerable<(UInt128 Number, int Bits)> Prefixes(PortRange range)
    {
        int first = range.First;
        while (first <= range.Last)
        {
            int size = 1;
            while (first % (size * 2) == 0 && first + (size * 2) - 1 <= range.Last)
            {
                size *= 2;
            }

            yield return ((UInt128)first << (AddressBits - PortBits), PortBits - int.Log2(size));
            first += size;
        }
    }

    private static void WriteRule(RuleSet set, int index, List<MapEntry> entries)
    {
        StoredRule rule = set.Rules[index];
        byte[] text = RuleText.Write(rule);
        RuleHead head = new()
        {
            Id = rule.Id,
            Action = (uint)set.EffectOf(rule),
            Counter = rule.Counter,
            Length = (uint)text.Length,
            Personal = rule.CgroupIds.Count + rule.UserIds.Count > 0 ? 1u : 0u,
        };
        int headLength = Marshal.SizeOf<RuleHead>();
        byte[] whole = new byte[headLength + text.Length];
        MemoryMarshal.Write(whole, in head);
        text.CopyTo(whole, headLength);
        for (int piece = 0; piece * PieceLength < whole.Length; piece++)
        {
            byte[] value = new byte[PieceLength];
            whole.AsSpan(piece * PieceLength, Math.Min(PieceLength, whole.Length - (piece * PieceLength))).CopyTo(value);
            entries.Add(new MapEntry(SetKey.Rule(index, piece), value));
        }
    }

    private static StoredRule? ReadRule(BpfMap map, int index)
    {
        byte[] value = new byte[PieceLength];
        if (!map.TryLookup(SetKey.Rule(index, 0), value))
        {
            return null;
        }

        RuleHead head = MemoryMarshal.Read<RuleHead>(value);
        int headLength = Marshal.SizeOf<RuleHead>();
        List<byte> text = [.. value.AsSpan(headLength)];
        for (int piece = 1; text.Count < head.Length; piece++)
        {
            if (!map.TryLookup(SetKey.Rule(index, piece), value))
            {
                return null;
            }

            text.AddRange(value);
        }

        return RuleText.Read(CollectionsMarshal.AsSpan(text)[..(int)head.Length], head.Id, head.Counter);
    }
}
