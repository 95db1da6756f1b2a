using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using Sockmap.Filters;
using Sockmap.Policies;

namespace SockmapPS.Parameters;

/// <summary>
/// Reads rules from what Get-SockmapPolicyRule emits (from another session too), from hash tables, and from objects that
/// have the properties Direction, Action, RemoteAddress, RemotePort, LocalAddress, LocalPort, Cgroup and Uid.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PolicyRuleArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc />
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return List(inputData).Select(Read).ToArray();
        }
        catch (Exception exception) when (exception is FormatException or PSInvalidCastException)
        {
            throw new ArgumentTransformationMetadataException(exception.Message, exception);
        }
    }

    private static IEnumerable<object?> List(object? data) => (data is PSObject wrapped ? wrapped.BaseObject : data) switch
    {
        null => [],
        IDictionary table => [table],
        IEnumerable list and not string => list.Cast<object?>(),
        object => [data],
    };

    private static PolicyRule Read(object? data)
    {
        if ((data is PSObject wrapped ? wrapped.BaseObject : data) is PolicyRule rule)
        {
            return rule;
        }

        return new PolicyRule
        {
            Direction = Required<PolicyDirection>(data, nameof(PolicyRuleStatus.Direction)),
            Action = Required<PolicyAction>(data, nameof(PolicyRuleStatus.Action)),
            RemoteAddresses = Addresses(data, nameof(PolicyRuleStatus.RemoteAddress)),
            RemotePorts = Ports(data, nameof(PolicyRuleStatus.RemotePort)),
            LocalAddresses = Addresses(data, nameof(PolicyRuleStatus.LocalAddress)),
            LocalPorts = Ports(data, nameof(PolicyRuleStatus.LocalPort)),
            Cgroups = Texts(data, nameof(PolicyRuleStatus.Cgroup)),
            UserIds = [.. Texts(data, nameof(PolicyRuleStatus.Uid)).Select(static text =>
                uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) ? uid : throw new FormatException($"'{text}' is not the number of a user."))],
        };
    }

    private static T Required<T>(object? data, string name)
        where T : struct, Enum => Value(data, name) is { } value
            ? LanguagePrimitives.ConvertTo<T>(value)
            : throw new FormatException($"A rule has no {name}: give it one of {string.Join(", ", Enum.GetNames<T>())}.");

    private static IPNetwork[] Addresses(object? data, string name) => [.. Texts(data, name).Select(AddressRange.Parse)];

    private static PortRange[] Ports(object? data, string name) => [.. Texts(data, name).Select(PortRange.Parse)];

    private static string[] Texts(object? data, string name) =>
        Value(data, name) is { } value ? LanguagePrimitives.ConvertTo<string[]>(value) : [];

    private static object? Value(object? data, string name)
    {
        if ((data is PSObject wrapped ? wrapped.BaseObject : data) is not IDictionary table)
        {
            return data is null ? null : PSObject.AsPSObject(data).Properties[name]?.Value;
        }

        foreach (DictionaryEntry entry in table)
        {
            if (entry.Key is string key && string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                return entry.Value;
            }
        }

        return null;
    }
}
