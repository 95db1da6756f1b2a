using Sockmap.Bypasses;

namespace Sockmap.Workers;

/// <summary>What a run holds, let go of in the end: what comes last uses what came first, and goes before it.</summary>
internal sealed class HeldResources : IDisposable
{
    private readonly Stack<IDisposable> _held = [];

    public T Hold<T>(T held)
        where T : IDisposable
    {
        _held.Push(held);
        return held;
    }

    /// <exception cref="BypassException">Something cannot be removed; all else is.</exception>
    public void Dispose()
    {
        BypassException? failure = null;
        while (_held.TryPop(out IDisposable? held))
        {
            try
            {
                held.Dispose();
            }
            catch (BypassException e)
            {
                failure ??= e;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }
}
