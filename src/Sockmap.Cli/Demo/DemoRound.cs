namespace Sockmap.Cli.Demo;

/// <summary>One after the other, so that what else the machine does hits both.</summary>
/// <param name="Tcp">Without the bypass.</param>
/// <param name="Bypassed">With it.</param>
internal sealed record DemoRound(DemoMeasurement Tcp, DemoMeasurement Bypassed);
