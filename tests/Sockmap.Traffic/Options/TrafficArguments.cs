using System.Globalization;
using System.Net;

namespace Sockmap.Traffic.Options;

/// <summary>Command line ⇔ <see cref="TrafficOptions"/>, from one table.</summary>
public static class TrafficArguments
{
    private const string UntilStopped = "until-stopped";

    private static readonly OptionField[] s_fields =
    [
        new("--cgroup", o => o.Cgroup, (o, v) => o with { Cgroup = v }),
        new("--netns", o => o.NetworkNamespace, (o, v) => o with { NetworkNamespace = v }),
        new("--io", o => o.Io.ToString(), (o, v) => o with { Io = Choice<IoKind>(v) }),
        new("--family", o => Family(o.Family), (o, v) => o with { Family = Family(v) }),
        new("--address", o => o.Address?.ToString(), (o, v) => o with { Address = IPAddress.Parse(v) }),
        new("--port", o => Text(o.Port), (o, v) => o with { Port = Number(v) }),
        new("--local-port", o => Text(o.LocalPort), (o, v) => o with { LocalPort = Number(v) }),
        new("--connections", o => Text(o.Connections), (o, v) => o with { Connections = Number(v) }),
        new("--bytes-up", o => Bytes(o.BytesUp), (o, v) => o with { BytesUp = Bytes(v) }),
        new("--bytes-down", o => Bytes(o.BytesDown), (o, v) => o with { BytesDown = Bytes(v) }),
        new("--write-size", _ => null, (o, v) => o with { WriteSizeUp = WriteSizes.Parse(v), WriteSizeDown = WriteSizes.Parse(v) }),
        new("--write-size-up", o => o.WriteSizeUp.ToString(), (o, v) => o with { WriteSizeUp = WriteSizes.Parse(v) }),
        new("--write-size-down", o => o.WriteSizeDown.ToString(), (o, v) => o with { WriteSizeDown = WriteSizes.Parse(v) }),
        new("--read-size", o => Text(o.ReadSize), (o, v) => o with { ReadSize = Number(v) }),
        new("--pattern", o => Dashed(o.Pattern), (o, v) => o with { Pattern = Choice<TrafficPattern>(v) }),
        new("--threads", o => Dashed(o.Threads), (o, v) => o with { Threads = Choice<ThreadKind>(v) }),
        new("--defer-accept", o => Flag(o.DeferAccept), (o, v) => o with { DeferAccept = Flag(v) }),
        new("--fast-open", o => Flag(o.FastOpen), (o, v) => o with { FastOpen = Flag(v) }),
        new("--late-accept-ms", o => Text(o.LateAcceptMs), (o, v) => o with { LateAcceptMs = Number(v) }),
        new("--pause-reader-at", o => o.PauseReaderAt is { } at ? Bytes(at) : null, (o, v) => o with { PauseReaderAt = Bytes(v) }),
        new("--pause-ms", o => Text(o.PauseMs), (o, v) => o with { PauseMs = Number(v) }),
        new("--half-close-early", o => o.HalfCloseEarly?.ToString(), (o, v) => o with { HalfCloseEarly = Choice<Direction>(v) }),
        new("--rate", o => Bytes(o.Rate), (o, v) => o with { Rate = Bytes(v) }),
        new("--hold-sending", o => Flag(o.HoldSending), (o, v) => o with { HoldSending = Flag(v) }),
        new("--hold-shutdown", o => Flag(o.HoldShutdown), (o, v) => o with { HoldShutdown = Flag(v) }),
        new("--timeout-ms", o => Text(o.TimeoutMs), (o, v) => o with { TimeoutMs = Number(v) }),
        new("--seed", o => o.Seed.ToString(CultureInfo.InvariantCulture), (o, v) => o with { Seed = ulong.Parse(v, NumberStyles.None, CultureInfo.InvariantCulture) }),
        new("--sndbuf", o => Text(o.SendBuffer), (o, v) => o with { SendBuffer = Number(v) }),
        new("--rcvbuf", o => Text(o.ReceiveBuffer), (o, v) => o with { ReceiveBuffer = Number(v) }),
        new("--sabotage", o => o.Sabotage?.ToString(), (o, v) => o with { Sabotage = Sabotage.Parse(v) }),
        new("--exit-with-stdin", o => Flag(o.ExitWithStdin), (o, v) => o with { ExitWithStdin = Flag(v) }),
    ];

    /// <summary>One line that names all options.</summary>
    public static string Usage => "Sockmap.Traffic server|client " + string.Join(' ', s_fields.Select(f => $"[{f.Name} VALUE]"));

    /// <exception cref="FormatException">An argument is unknown, has no value, or a bad one, or two do not go together.</exception>
    public static TrafficOptions Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments.Count == 0)
        {
            throw new FormatException(Usage);
        }

        var options = new TrafficOptions { Role = Choice<Role>(arguments[0]) };
        for (int i = 1; i < arguments.Count; i += 2)
        {
            OptionField field = Array.Find(s_fields, f => string.Equals(f.Name, arguments[i], StringComparison.Ordinal))
                ?? throw new FormatException($"Unknown option '{arguments[i]}'. {Usage}");
            if (i + 1 == arguments.Count)
            {
                throw new FormatException($"'{arguments[i]}' needs a value (flags take true or false).");
            }

            options = field.Set(options, arguments[i + 1]);
        }

        Check(options);
        return options;
    }

    /// <summary>The command line that <see cref="Parse"/> turns back into <paramref name="options"/>; defaults are left out.</summary>
    public static IReadOnlyList<string> Format(TrafficOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var defaults = new TrafficOptions();
        List<string> arguments = [Dashed(options.Role)];
        foreach (OptionField field in s_fields)
        {
            string? value = field.Get(options);
            if (value is not null && !string.Equals(value, field.Get(defaults), StringComparison.Ordinal))
            {
                arguments.Add(field.Name);
                arguments.Add(value);
            }
        }

        return arguments;
    }

    private static void Check(TrafficOptions options)
    {
        if (options.Io == IoKind.Dotnet && (options.FastOpen || options.DeferAccept || options.Threads == ThreadKind.Shared))
        {
            throw new FormatException("--io dotnet has no --fast-open, --defer-accept or --threads shared; use --io blocking or poll.");
        }

        if (options.LocalPort != 0 && options.Connections != 1)
        {
            throw new FormatException("--local-port allows one connection; leave --connections at 1.");
        }

        if (options.HalfCloseEarly is { } early && (options.BytesOf(early) == TrafficOptions.UntilStopped
            || options.BytesOf(1 - early) == TrafficOptions.UntilStopped
            || options.Pattern is TrafficPattern.PingPong or TrafficPattern.ServerSpeaksFirst))
        {
            throw new FormatException("--half-close-early needs a stream pattern and a number of bytes in both directions.");
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new FormatException($"'{text}' is no number.");

    private static string Bytes(long value) =>
        value == TrafficOptions.UntilStopped ? UntilStopped : value.ToString(CultureInfo.InvariantCulture);

    private static long Bytes(string text) =>
        string.Equals(text, UntilStopped, StringComparison.Ordinal) ? TrafficOptions.UntilStopped
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value
        : throw new FormatException($"'{text}' is no number of bytes; write digits or {UntilStopped}.");

    private static string Flag(bool value) => value ? "true" : "false";

    private static bool Flag(string text) =>
        bool.TryParse(text, out bool value) ? value : throw new FormatException($"'{text}' is neither true nor false.");

    private static T Choice<T>(string text)
        where T : struct, Enum =>
        Enum.TryParse(text.Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true, out T value) && Enum.IsDefined(value)
            ? value
            : throw new FormatException($"'{text}' is none of {string.Join(", ", Enum.GetValues<T>().Select(Dashed))}.");

    private static string Dashed<T>(T value)
        where T : struct, Enum
    {
        var text = new System.Text.StringBuilder();
        foreach (char c in value.ToString())
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    private static string Family(SocketFamily family) => family switch
    {
        SocketFamily.V4 => "4",
        SocketFamily.V6 => "6",
        SocketFamily.MappedServer => "mapped",
        SocketFamily.MappedClient => "mapped-client",
        _ => "mapped-both",
    };

    private static SocketFamily Family(string text) => text switch
    {
        "4" => SocketFamily.V4,
        "6" => SocketFamily.V6,
        "mapped" => SocketFamily.MappedServer,
        "mapped-client" => SocketFamily.MappedClient,
        "mapped-both" => SocketFamily.MappedBoth,
        _ => throw new FormatException($"'{text}' is none of 4, 6, mapped, mapped-client, mapped-both."),
    };

    private sealed record OptionField(string Name, Func<TrafficOptions, string?> Get, Func<TrafficOptions, string, TrafficOptions> Set);
}
