namespace Sockmap.Tests.Bypasses;

/// <summary>A system call of a command: the so-manieth of its kind that the thread makes.</summary>
internal sealed record CommandStep(string Call, int Ordinal)
{
    public override string ToString() => $"{Call} {Ordinal}";
}
