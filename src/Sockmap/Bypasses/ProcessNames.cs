using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <summary>Ids and names of the processes that hold a socket, as two lists in the same order.</summary>
internal static class ProcessNames
{
    public static IReadOnlyList<int> Ids(IReadOnlyList<SocketProcess> processes) => processes.Count switch
    {
        0 => [],
        1 => [processes[0].Id],
        _ => [.. processes.Select(process => process.Id)],
    };

    public static IReadOnlyList<string> Names(IReadOnlyList<SocketProcess> processes) => processes.Count switch
    {
        0 => [],
        1 => [processes[0].Name],
        _ => [.. processes.Select(process => process.Name)],
    };
}
