using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>
/// Finds threads that sit in a receive of a socket (/proc/PID/task/TID/syscall, proc(5)). One that went there before its
/// socket was in a sockmap waits in its protocol's own code, and redirected bytes do not wake it.
/// </summary>
internal static class BlockedReaders
{
    /// <summary>read, readv, recvfrom, recvmsg, recvmmsg: include/uapi/asm-generic/unistd.h, and the table of x86-64.</summary>
    private static readonly int[] Calls = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? [0, 19, 45, 47, 299] : [63, 65, 207, 212, 243];

    /// <summary>The threads, each as its process's name and id and its own id. Processes that may not be looked into are left out.</summary>
    public static IReadOnlyList<string> Find(ulong cookie) => [.. EndHolders.Find(cookie).SelectMany(Find).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> Find(HeldSocket held)
    {
        foreach (string task in ListTasks(held.ProcessId))
        {
            if (IsReceiving(task, held.Descriptor))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{held.ProcessName} {held.ProcessId}, thread {Path.GetFileName(task)}");
            }
        }
    }

    private static string[] ListTasks(int processId)
    {
        try
        {
            return Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/task"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return [];
        }
    }

    private static bool IsReceiving(string task, int descriptor)
    {
        string line;
        try
        {
            line = File.ReadAllText(Path.Combine(task, "syscall"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or this process may not look: proc(5) asks for PTRACE_MODE_ATTACH_FSCREDS.
            return false;
        }

        // "running", or the call's number and its arguments in hexadecimal.
        string[] words = line.Split(' ');
        return words.Length > 1
            && int.TryParse(words[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out int call)
            && Calls.Contains(call)
            && words[1].StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(words[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong argument)
            && (int)argument == descriptor;
    }
}
