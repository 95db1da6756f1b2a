using Sockmap.Support.Experiments;

namespace Sockmap.Tests.Support;

/// <summary>An experiment that a test makes up.</summary>
internal sealed class TestExperiment(Func<LoopbackPair, Observation> observe) : Experiment
{
    public override string Name => "Test";

    public override string Remedy => "Test it.";

    public override Observation Observe(LoopbackPair pair) => observe(pair);
}
