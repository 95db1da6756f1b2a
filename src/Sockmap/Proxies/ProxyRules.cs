using System.Globalization;
using Sockmap.Bypasses;

namespace Sockmap.Proxies;

/// <summary>Which settings of a proxy can be.</summary>
internal static class ProxyRules
{
    private const int MostConnections = 100_000;
    private const int LongestName = 64;

    /// <exception cref="BypassException">A value cannot be (InvalidSetting).</exception>
    public static void Check(ProxySettings settings)
    {
        if (settings.Listen.Count == 0 || settings.To.Count == 0)
        {
            throw Invalid("A proxy needs an address to listen on and a target.");
        }

        foreach (string text in settings.Listen.Concat(settings.To))
        {
            _ = Read(text);
        }

        if (settings.To.FirstOrDefault(text => Read(text) is { IsUnix: false } target && (target.Port == 0 || target.Address is null)) is { } nowhere)
        {
            throw Invalid($"'{nowhere}' is no target: it needs an address and a port from 1 to 65535.");
        }

        if (settings.MaxConnections is < 1 or > MostConnections)
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{settings.MaxConnections} connections at the same time cannot be: 1 to {MostConnections} can."));
        }

        if (settings.ConnectTimeout <= TimeSpan.Zero || settings.StopTimeout < TimeSpan.Zero)
        {
            throw Invalid("A time cannot be below zero, nor can a target be connected to in no time.");
        }

        if (settings.Name is not null)
        {
            CheckName(settings.Name);
        }
    }

    /// <summary>A name for a proxy that listens there: 127.0.0.1:8080 becomes 127_0_0_1_8080.</summary>
    public static string NameOf(string listen)
    {
        string name = string.Concat(listen.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')).Trim('_');
        return name.Length > LongestName ? name[^LongestName..] : name.Length == 0 ? "proxy" : name;
    }

    public static ProxyEndPoint Read(string text) => ProxyEndPoint.TryParse(text, out ProxyEndPoint? endPoint)
        ? endPoint
        : throw Invalid($"'{text}' is no address of a proxy: give {ProxyEndPoint.Forms}.");

    public static void CheckName(string name) => SettingsRules.CheckName(name, "a proxy");

    public static BypassException NotFound(string name) =>
        new(BypassError.ProxyNotFound, $"No proxy '{name}' is there: Get-SockmapProxy lists those that are.");

    private static BypassException Invalid(string message) => new(BypassError.InvalidSetting, message);
}
