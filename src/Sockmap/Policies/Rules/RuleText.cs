using System.Text.Json;
using Sockmap.Filters;

namespace Sockmap.Policies.Rules;

/// <summary>The text that a rule is read back from; its id, its counters and its action lie beside it.</summary>
internal sealed record RuleText
{
    public PolicyDirection Direction { get; init; }

    public PolicyAction Action { get; init; }

    public IReadOnlyList<string>? RemoteAddress { get; init; }

    public IReadOnlyList<string>? LocalAddress { get; init; }

    public IReadOnlyList<string>? RemotePort { get; init; }

    public IReadOnlyList<string>? LocalPort { get; init; }

    public IReadOnlyList<ulong>? Cgroup { get; init; }

    public IReadOnlyList<uint>? Uid { get; init; }

    public static byte[] Write(StoredRule rule) => JsonSerializer.SerializeToUtf8Bytes(
        new RuleText
        {
            Direction = rule.Direction,
            Action = rule.Action,
            RemoteAddress = Write(rule.RemoteAddresses),
            LocalAddress = Write(rule.LocalAddresses),
            RemotePort = Write(rule.RemotePorts),
            LocalPort = Write(rule.LocalPorts),
            Cgroup = rule.CgroupIds.Count == 0 ? null : rule.CgroupIds,
            Uid = rule.UserIds.Count == 0 ? null : rule.UserIds,
        },
        RuleJsonContext.Default.RuleText);

    /// <exception cref="JsonException">It is no such text.</exception>
    /// <exception cref="FormatException">An address or a port in it is none.</exception>
    public static StoredRule Read(ReadOnlySpan<byte> text, uint id, uint counter)
    {
        RuleText read = JsonSerializer.Deserialize(text, RuleJsonContext.Default.RuleText) ?? throw new JsonException($"The text of rule {id} is empty.");
        return new StoredRule
        {
            Id = id,
            Counter = counter,
            Direction = read.Direction,
            Action = read.Action,
            RemoteAddresses = [.. (read.RemoteAddress ?? []).Select(AddressRange.Parse)],
            LocalAddresses = [.. (read.LocalAddress ?? []).Select(AddressRange.Parse)],
            RemotePorts = [.. (read.RemotePort ?? []).Select(PortRange.Parse)],
            LocalPorts = [.. (read.LocalPort ?? []).Select(PortRange.Parse)],
            CgroupIds = read.Cgroup ?? [],
            UserIds = read.Uid ?? [],
        };
    }

    private static string[]? Write<T>(IReadOnlyList<T> values)
        where T : struct => values.Count == 0 ? null : [.. values.Select(static value => value.ToString()!)];
}
