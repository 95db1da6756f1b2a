using Sockmap.Bypasses;
using Sockmap.Entries;

namespace Sockmap.Cli.Demo;

/// <summary>The demo's own bypass, on its own cgroup only; whatever is left of it goes with this object.</summary>
internal sealed class DemoBypass(BypassManager manager, string name, string cgroup) : IDisposable
{
    private bool mayExist;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Installs it.</summary>
    public BypassStatus Install(CancellationToken cancellationToken)
    {
        mayExist = true;
        BypassSettings settings = new() { Name = name, Cgroup = cgroup, MaxEntries = 64 };
        return manager.Install(settings, cancellationToken: cancellationToken).Bypass;
    }

    /// <summary>Reads its counters from the kernel.</summary>
    public BypassStatus ReadStatus() => manager.Get(name);

    /// <summary>Reads its entries from the kernel.</summary>
    public IReadOnlyList<SockmapEntry> ReadEntries() => [.. manager.GetEntries(name)];

    /// <summary>Removes it as anybody would, without a byte lost.</summary>
    /// <exception cref="DemoException">Bytes stayed unread, although both processes read all they get.</exception>
    public void Remove(CancellationToken cancellationToken)
    {
        RemovalResult result = manager.Remove(
            name, new RemoveOptions { Timeout = TimeSpan.FromSeconds(5) }, cancellationToken);
        if (!result.IsComplete)
        {
            throw new DemoException($"{result.Remaining.Count} sockets still had unread bytes 5 s after the removal began.");
        }

        mayExist = false;
    }

    /// <summary>Removes what is left. Both processes have ended by then, so no byte is dropped that anybody waits for.</summary>
    public void Dispose()
    {
        if (!mayExist)
        {
            return;
        }

        try
        {
            manager.Remove(name, new RemoveOptions { Force = true });
        }
        catch (BypassException exception) when (exception.Error == BypassError.BypassNotFound)
        {
            // The install had ended before it made anything.
        }

        mayExist = false;
    }
}
