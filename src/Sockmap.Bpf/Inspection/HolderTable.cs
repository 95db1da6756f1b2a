using System.Globalization;
using System.Text;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Inspection;

/// <summary>Which processes have which objects open, found once for a whole listing.</summary>
internal sealed class HolderTable
{
    private const string ProgramName = "holders";

    private readonly Dictionary<(ObjectKind Kind, uint Id), (int[] Pids, string[] Commands)> _holders = [];

    private HolderTable()
    {
    }

    /// <summary>Asks the kernel's iterator over open files, or where it cannot be used goes through /proc.</summary>
    /// <param name="log">Takes a line that tells why /proc was used.</param>
    internal static HolderTable Find(Action<string>? log)
    {
        try
        {
            return FromIterator();
        }
        catch (Exception exception) when (IsUnavailable(exception))
        {
            log?.Invoke($"The iterator over open files cannot be used, so /proc is read: {exception.Message}");
            return FromProc();
        }
    }

    internal (int[] Pids, string[] Commands) this[ObjectKind kind, uint id] =>
        _holders.TryGetValue((kind, id), out (int[], string[]) found) ? found : ([], []);

    /// <summary>The ids of the objects of a kind that any process has open.</summary>
    internal IEnumerable<uint> Ids(ObjectKind kind) => _holders.Keys.Where(key => key.Kind == kind).Select(key => key.Id);

    /// <summary>Whether an error of <see cref="FromIterator"/> tells that the iterator cannot be used.</summary>
    internal static bool IsUnavailable(Exception exception) =>
        exception is BpfException or BpfFormatException or BpfRelocationException or IOException or UnauthorizedAccessException;

    internal static HolderTable FromIterator()
    {
        HolderTable table = new();
        using BpfObject loaded = BpfObject.Load(ReadSpec());
        using BpfLink link = BpfLink.CreateIterator(loaded.Programs[ProgramName], null);
        int lastPid = -1;
        string lastCommand = "";
        foreach (HolderRow row in BpfIterator.ReadRecords<HolderRow>(link))
        {
            if (row.Pid != lastPid)
            {
                ReadOnlySpan<byte> command = row.Command;
                int end = command.IndexOf((byte)0);
                lastCommand = Encoding.UTF8.GetString(end < 0 ? command : command[..end]);
                lastPid = row.Pid;
            }

            table.Add((ObjectKind)row.Kind, row.Id, row.Pid, lastCommand);
        }

        return table;
    }

    internal static HolderTable FromProc()
    {
        HolderTable table = new();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                table.AddProcess(process, pid);
            }
        }

        return table;
    }

    private static ObjectSpec ReadSpec() => ObjectSpec.ReadEmbedded(typeof(HolderTable).Assembly, "inspect");

    private void Add(ObjectKind kind, uint id, int pid, string command)
    {
        if (!_holders.TryGetValue((kind, id), out (int[] Pids, string[] Commands) known))
        {
            _holders.Add((kind, id), ([pid], [command]));
        }
        else if (Array.IndexOf(known.Pids, pid) < 0)
        {
            _holders[(kind, id)] = ([.. known.Pids, pid], [.. known.Commands, command]);
        }
    }

    private void AddProcess(string process, int pid)
    {
        try
        {
            string? command = null;
            foreach (string path in Directory.EnumerateFiles(process + "/fd"))
            {
                (ObjectKind kind, string key) = new FileInfo(path).LinkTarget switch
                {
                    "anon_inode:bpf-prog" => (ObjectKind.Program, "prog_id:"),
                    "anon_inode:bpf-map" => (ObjectKind.Map, "map_id:"),
                    "anon_inode:bpf_link" or "anon_inode:bpf-link" => (ObjectKind.Link, "link_id:"),
                    "anon_inode:btf" => (ObjectKind.Btf, "btf_id:"),
                    _ => (ObjectKind.None, ""),
                };
                if (kind != ObjectKind.None && ReadId($"{process}/fdinfo/{Path.GetFileName(path)}", key) is { } id)
                {
                    command ??= File.ReadAllText(process + "/comm").TrimEnd('\n');
                    Add(kind, id, pid, command);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or is somebody else's: what can be seen is shown.
        }
    }

    private static uint? ReadId(string path, string key)
    {
        try
        {
            string? line = File.ReadLines(path).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal));
            return uint.TryParse(line.AsSpan(line is null ? 0 : key.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : null;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return null;
        }
    }
}
