using System.Globalization;
using Sockmap.Bypasses;

namespace Sockmap.Measuring;

/// <summary>A bypass that is there to be measured, on a cgroup of its own; it goes with this object.</summary>
internal sealed class TemporaryBypass : IDisposable
{
    private const string Prefix = "sockmap-measure-";

    private readonly BypassManager _manager;
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Random.Shared.Next():x8}");

    private TemporaryBypass(BypassManager manager) => _manager = manager;

    /// <summary>Its name.</summary>
    public string Name => _name;

    /// <summary>Installs it. Those that processes which were killed have left go first.</summary>
    /// <exception cref="BypassException">The kernel refused, or a setting cannot be; nothing is left.</exception>
    public static TemporaryBypass Install(BypassManager manager, BypassSettings settings, CancellationToken cancellationToken)
    {
        TemporaryBypass bypass = new(manager);
        foreach (BypassStatus left in manager.List().Where(status => status.Name.StartsWith(Prefix, StringComparison.Ordinal) && status.Cgroup is null))
        {
            // Nothing can use it any more.
            bypass.Remove(left.Name);
        }

        manager.Install(settings with { Name = bypass._name }, cancellationToken: cancellationToken);
        return bypass;
    }

    /// <summary>Removes it. Those who used it have ended by then, so that no byte is dropped that anybody waits for.</summary>
    public void Dispose() => Remove(_name);

    private void Remove(string name)
    {
        try
        {
            _manager.Remove(name, new RemoveOptions { Force = true });
        }
        catch (BypassException e) when (e.Error == BypassError.BypassNotFound)
        {
            // Somebody else was faster.
        }
    }
}
