using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Numerics;
using Sockmap.Bypasses;
using Sockmap.Filters;
using Sockmap.Statistics;

namespace Sockmap.Cli.Options;

/// <summary>Reads option values; what cannot be read becomes an error of the parser that names the value.</summary>
internal static class ValueParsers
{
    /// <summary>The longest time that <see cref="TryParseDuration"/> takes.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromDays(1);

    private static readonly (string Suffix, double Seconds)[] DurationUnits =
    [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1),
    ];

    /// <summary>Ports, separated by commas or given again: <c>6379,8000-8100</c>.</summary>
    public static PortRange[] Ports(ArgumentResult result) => List(
        result,
        text => PortRange.TryParse(text, out PortRange range) ? range : (PortRange?)null,
        "is not a port (6379) or a range of ports (8000-8100); ports are 1 to 65535");

    /// <summary>Networks, separated by commas or given again: <c>10.0.0.0/8,::1</c>.</summary>
    public static IPNetwork[] Networks(ArgumentResult result) => List(
        result,
        text => AddressRange.TryParse(text, out IPNetwork network) ? network : (IPNetwork?)null,
        "is not an address (127.0.0.1, ::1) or a network (10.0.0.0/8, fd00::/8)");

    /// <summary><c>any</c>, <c>ipv4</c> or <c>ipv6</c>.</summary>
    public static AddressFamilies? Family(ArgumentResult result) => Choice(
        result, AddressFamilies.Any, AddressFamilies.IPv4, AddressFamilies.IPv6);

    /// <summary><c>exact</c> or <c>probing</c>.</summary>
    public static BypassVariant? Variant(ArgumentResult result) => Choice(result, BypassVariant.Exact, BypassVariant.Probing);

    /// <summary><c>bypass</c>, <c>cgroup</c>, <c>port</c> or <c>cgroup-and-port</c>.</summary>
    public static StatisticsGrouping Grouping(ArgumentResult result)
    {
        string text = result.Tokens[^1].Value;
        switch (text)
        {
            case "bypass":
                return StatisticsGrouping.Bypass;
            case "cgroup":
                return StatisticsGrouping.Cgroup;
            case "port":
                return StatisticsGrouping.Port;
            case "cgroup-and-port":
                return StatisticsGrouping.CgroupAndPort;
            default:
                AddError(result, text, "is none of bypass, cgroup, port, cgroup-and-port");
                return default;
        }
    }

    /// <summary>A whole number.</summary>
    public static T Number<T>(ArgumentResult result)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        string text = result.Tokens[^1].Value;
        if (!T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out T number))
        {
            AddError(result, text, $"is not a whole number from 0 to {T.MaxValue}");
        }

        return number;
    }

    /// <summary>A time, as <see cref="TryParseDuration"/> reads it.</summary>
    public static TimeSpan? Duration(ArgumentResult result)
    {
        string text = result.Tokens[^1].Value;
        if (!TryParseDuration(text, out TimeSpan duration))
        {
            AddError(result, text, "is not a time such as 500ms, 30s, 2m or 1h, one day at most");
        }

        return duration;
    }

    /// <summary>
    /// Reads <c>500ms</c>, <c>30s</c>, <c>1.5m</c>, <c>1h</c>, or a number of seconds; 0 to
    /// <see cref="LongestDuration"/>.
    /// </summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        (string suffix, double seconds) = Array.Find(
            DurationUnits, unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        string number = text[..^suffix.Length];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            || !(value * seconds <= LongestDuration.TotalSeconds))
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(value * seconds);
        return true;
    }

    /// <summary>Numbers from 1, separated by commas or given again, with k and m for 1024 and 1024^2: <c>64,4k,1m</c>.</summary>
    public static int[] Sizes(ArgumentResult result) => List(
        result, text => TryParseSize(text, out int size) ? size : (int?)null, "is not a number such as 64, 4k or 1m");

    /// <summary>Numbers of CPUs, separated by commas or given again.</summary>
    public static int[] CpuNumbers(ArgumentResult result) => List(
        result,
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : (int?)null,
        "is not the number of a CPU; the first is 0");

    /// <summary>Words of an enum, separated by commas or given again.</summary>
    public static T[] Choices<T>(ArgumentResult result)
        where T : struct, Enum => List(
            result,
            text => Enum.GetValues<T>().Where(choice => string.Equals(choice.ToString(), text, StringComparison.OrdinalIgnoreCase)).Cast<T?>().FirstOrDefault(),
            $"is none of {string.Join(", ", Enum.GetValues<T>().Select(Word))}");

    private static bool TryParseSize(string text, out int size)
    {
        int shift = text.Length == 0 ? 0 : text[^1] switch { 'k' or 'K' => 10, 'm' or 'M' => 20, _ => 0 };
        bool isNumber = int.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out size) && size <= int.MaxValue >> shift;
        size <<= shift;
        return isNumber && size > 0;
    }

    private static T[] List<T>(ArgumentResult result, Func<string, T?> parse, string complaint)
        where T : struct
    {
        List<T> values = [];
        foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (parse(text) is { } value)
            {
                values.Add(value);
            }
            else
            {
                AddError(result, text, complaint);
            }
        }

        return [.. values];
    }

    private static T Choice<T>(ArgumentResult result, params T[] choices)
        where T : struct, Enum
    {
        string text = result.Tokens[^1].Value;
        int index = Array.FindIndex(choices, choice => string.Equals(choice.ToString(), text, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
        {
            return choices[index];
        }

        AddError(result, text, $"is none of {string.Join(", ", choices.Select(Word))}");
        return default;
    }

    // Words on the command line are lower case.
#pragma warning disable CA1308
    private static string Word<T>(T choice)
        where T : struct, Enum => choice.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    private static void AddError(ArgumentResult result, string text, string complaint) =>
        result.AddError($"{((OptionResult)result.Parent!).Option.Name}: '{text}' {complaint}.");
}
