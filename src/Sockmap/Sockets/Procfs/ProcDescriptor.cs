using System.Runtime.InteropServices;

namespace Sockmap.Sockets.Procfs;

/// <summary>A socket's descriptor in /proc/PID/fd.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="ProcessName">Its name.</param>
/// <param name="Descriptor">The descriptor's number.</param>
/// <param name="Inode">The socket's inode.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProcDescriptor(int ProcessId, string ProcessName, int Descriptor, ulong Inode);
