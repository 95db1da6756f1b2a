namespace Sockmap.Workers;

/// <summary>A program to start, and how.</summary>
/// <param name="FileName">The program's path.</param>
/// <param name="Arguments">Its arguments, as they are: no shell reads them.</param>
public sealed record WorkerCommand(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>Variables that it has beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
