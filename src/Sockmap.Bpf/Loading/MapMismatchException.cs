namespace Sockmap.Bpf.Loading;

/// <summary>A map that is there already (a replacement, or one pinned under the name) is not what an object asks for.</summary>
public sealed class MapMismatchException : Exception
{
    /// <summary>Makes an exception without details; the other constructors say more.</summary>
    public MapMismatchException()
        : this("A map is not what the BPF object asks for.")
    {
    }

    /// <summary>Makes an exception with a finished message.</summary>
    /// <param name="message">One sentence that names the map and what differs.</param>
    public MapMismatchException(string message)
        : base(message)
    {
        MapName = string.Empty;
    }

    /// <summary>Makes an exception with a finished message and its cause.</summary>
    /// <param name="message">One sentence that names the map and what differs.</param>
    /// <param name="innerException">What was thrown first.</param>
    public MapMismatchException(string message, Exception innerException)
        : base(message, innerException)
    {
        MapName = string.Empty;
    }

    internal MapMismatchException(string mapName, string which, IEnumerable<string> differences)
        : base($"The map {which} for '{mapName}' does not fit: {string.Join(", ", differences)}.")
    {
        MapName = mapName;
    }

    /// <summary>The map's name in the object; empty where none is known.</summary>
    public string MapName { get; }
}
