using Sockmap.Bypasses;
using Sockmap.Events;
using Sockmap.TestKit;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Events;

/// <summary>Watches a bypass on a thread of its own and keeps what it sees; it watches when the constructor returns.</summary>
internal sealed class EventRecorder : IDisposable
{
    private readonly List<SockmapEvent> _seen = [];
    private readonly List<string> _steps = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private Exception? _failure;

    public EventRecorder(InstalledBypass bypass, WatchOptions? options = null)
    {
        BypassManager manager = new(new BypassManagerOptions { BpfFileSystem = bypass.BpfFileSystem.Path, Log = Add });
        _thread = new Thread(() => Watch(manager, options));
        _thread.Start();
        WaitForStep("Watching bypass");
    }

    /// <summary>All events so far.</summary>
    public IReadOnlyList<SockmapEvent> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    /// <summary>Whether the stream has ended by itself.</summary>
    public bool HasEnded => !_thread.IsAlive;

    /// <summary>Waits for an event; the first that is meant.</summary>
    public SockmapEvent WaitFor(SockmapEventKind kind, Func<SockmapEvent, bool>? isMeant = null)
    {
        SockmapEvent? found = null;
        bool isThere = Patience.Until(() =>
        {
            found = Seen.FirstOrDefault(happened => happened.Kind == kind && isMeant?.Invoke(happened) != false);
            return found is not null || HasEnded;
        });
        Assert.True(isThere && found is not null, $"No {kind} among:\n{string.Join('\n', Seen)}\n{_failure}");
        return found;
    }

    /// <summary>Waits for a line of the manager's log.</summary>
    public string WaitForStep(string beginning, int skip = 0)
    {
        string? found = null;
        Assert.True(
            Patience.Until(() =>
            {
                lock (_steps)
                {
                    found = _steps.Where(step => step.StartsWith(beginning, StringComparison.Ordinal)).Skip(skip).FirstOrDefault();
                }

                return found is not null || HasEnded;
            }) && found is not null,
            $"No '{beginning}' among: {string.Join(' ', _steps)}\n{_failure}");
        return found;
    }

    /// <summary>Stops watching; the stream must end without an error.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
        Assert.Null(_failure);
    }

    private void Watch(BypassManager manager, WatchOptions? options)
    {
        try
        {
            foreach (SockmapEvent happened in manager.Watch(BypassSettings.DefaultName, options, _stop.Token))
            {
                lock (_seen)
                {
                    _seen.Add(happened);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }

    private void Add(string step)
    {
        lock (_steps)
        {
            _steps.Add(step);
        }
    }
}
