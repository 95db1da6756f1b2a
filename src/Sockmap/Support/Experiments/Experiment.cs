namespace Sockmap.Support.Experiments;

/// <summary>
/// One thing that programs rely on and that a bypassed socket may do otherwise than TCP. It is run on a plain pair and
/// on a bypassed one, never waits without a limit, and sends from <see cref="LoopbackPair.Sender"/> only.
/// </summary>
internal abstract class Experiment
{
    /// <summary>The name of its check.</summary>
    public abstract string Name { get; }

    /// <summary>What to keep out where it differs.</summary>
    public abstract string Remedy { get; }

    /// <summary>Whether what is sent must have been redirected, or else the experiment says nothing.</summary>
    public virtual bool NeedsRedirect => true;

    /// <summary>Runs it once.</summary>
    public abstract Observation Observe(LoopbackPair pair);
}
