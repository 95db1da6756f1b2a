using System.Runtime.InteropServices;

namespace Sockmap.Sockets;

/// <summary>A process that holds a socket.</summary>
/// <param name="Id">Its id, as this process's PID namespace numbers it.</param>
/// <param name="Name">Its name (/proc/PID/comm), 15 bytes at most.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SocketProcess(int Id, string Name);
