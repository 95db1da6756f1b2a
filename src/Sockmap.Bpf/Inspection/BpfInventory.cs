using System.Globalization;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>
/// What is in the kernel: programs, maps, links, BTF objects and pins. One inventory is one look: pins and the processes that hold objects
/// are found once, at the first object that needs them, however many are read then.
/// </summary>
/// <remarks>
/// Listings stream, and leave out what goes away between two calls. Listing and opening by id need CAP_SYS_ADMIN (kernel/bpf/syscall.c).
/// Each object is opened once. Not for several threads at a time.
/// </remarks>
public sealed class BpfInventory
{
    private readonly BpfInventoryOptions _options;
    private readonly ProgramNames _names = new();
    private HolderTable? _holders;
    private PinTable? _pins;
    private Dictionary<uint, (List<uint> Programs, List<uint> Maps)>? _btfUsers;

    /// <summary>Makes an inventory; nothing is asked yet.</summary>
    /// <param name="options">How to list; null for everything, and problems thrown.</param>
    public BpfInventory(BpfInventoryOptions? options = null)
    {
        _options = options ?? new();
    }

    internal ProgramNames Names => _names;

    /// <summary>All programs, in rising order of their ids.</summary>
    /// <exception cref="BpfException">Thrown while enumerating. EPERM: the process may not list programs.</exception>
    public IEnumerable<ProgramRecord> Programs()
    {
        using ProgramReader reader = new(_names);
        foreach (ProgramRecord record in All(ObjectKind.Program, reader.Read))
        {
            yield return Complete(record);
        }
    }

    /// <summary>One program.</summary>
    /// <param name="id">Its id.</param>
    /// <exception cref="BpfException">ENOENT: there is none; EPERM: the process may not open it.</exception>
    public ProgramRecord Program(uint id)
    {
        Prepare();
        using SafeBpfHandle handle = Open(ObjectKind.Program, id);
        using ProgramReader reader = new(_names);
        return Complete(reader.Read(handle, id));
    }

    /// <summary>One program that is pinned.</summary>
    /// <param name="path">The pin.</param>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a program is pinned there.</exception>
    public ProgramRecord PinnedProgram(string path)
    {
        Prepare();
        using SafeBpfHandle handle = BpfObjectKinds.Require(BpfCommands.OpenPinned(path, "program"), BpfObjectKind.Program, path);
        using ProgramReader reader = new(_names);
        return Complete(reader.Read(handle, 0));
    }

    /// <summary>All maps, in rising order of their ids.</summary>
    /// <exception cref="BpfException">Thrown while enumerating. EPERM: the process may not list maps.</exception>
    public IEnumerable<MapRecord> Maps()
    {
        using MapReader reader = new();
        foreach (MapRecord record in All(ObjectKind.Map, (handle, _) => reader.Read(handle)))
        {
            yield return Complete(record);
        }
    }

    /// <summary>One map.</summary>
    /// <param name="id">Its id.</param>
    /// <exception cref="BpfException">ENOENT: there is none; EPERM: the process may not open it.</exception>
    public MapRecord Map(uint id)
    {
        Prepare();
        using SafeBpfHandle handle = Open(ObjectKind.Map, id);
        using MapReader reader = new();
        return Complete(reader.Read(handle));
    }

    /// <summary>One map that is pinned.</summary>
    /// <param name="path">The pin; the right to read it is enough.</param>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a map is pinned there.</exception>
    public MapRecord PinnedMap(string path)
    {
        Prepare();
        using SafeBpfHandle handle = BpfObjectKinds.Require(OpenPinnedForReading(path, "map"), BpfObjectKind.Map, path);
        using MapReader reader = new();
        return Complete(reader.Read(handle));
    }

    /// <summary>All links, in rising order of their ids.</summary>
    /// <exception cref="BpfException">Thrown while enumerating. EPERM: the process may not list links.</exception>
    public IEnumerable<LinkRecord> Links()
    {
        LinkReader reader = new(_names);
        foreach (LinkRecord record in All(ObjectKind.Link, (handle, _) => reader.Read(handle)))
        {
            yield return Complete(record);
        }
    }

    /// <summary>One link.</summary>
    /// <param name="id">Its id.</param>
    /// <exception cref="BpfException">ENOENT: there is none; EPERM: the process may not open it.</exception>
    public LinkRecord Link(uint id)
    {
        Prepare();
        using SafeBpfHandle handle = Open(ObjectKind.Link, id);
        return Complete(new LinkReader(_names).Read(handle));
    }

    /// <summary>One link that is pinned.</summary>
    /// <param name="path">The pin.</param>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a link is pinned there.</exception>
    public LinkRecord PinnedLink(string path)
    {
        Prepare();
        using SafeBpfHandle handle = BpfObjectKinds.Require(BpfCommands.OpenPinned(path, "link"), BpfObjectKind.Link, path);
        return Complete(new LinkReader(_names).Read(handle));
    }

    /// <summary>All BTF objects, in rising order of their ids.</summary>
    /// <exception cref="BpfException">Thrown while enumerating. EPERM: the process may not list BTF objects.</exception>
    public IEnumerable<BtfRecord> BtfObjects()
    {
        foreach (BtfRecord record in All(ObjectKind.Btf, static (handle, _) => BtfReader.Read(handle)))
        {
            yield return Complete(record);
        }
    }

    /// <summary>One BTF object.</summary>
    /// <param name="id">Its id.</param>
    /// <exception cref="BpfException">ENOENT: there is none; EPERM: the process may not open it.</exception>
    public BtfRecord BtfObject(uint id)
    {
        Prepare();
        using SafeBpfHandle handle = Open(ObjectKind.Btf, id);
        return Complete(BtfReader.Read(handle));
    }

    /// <summary>All pins on every bpffs that the process sees.</summary>
    /// <exception cref="BpfException">Thrown while enumerating, when no one takes problems: a folder or pin cannot be opened.</exception>
    public IEnumerable<PinRecord> Pins()
    {
        LinkReader links = new(_names);
        foreach ((string path, string mount, ObjectKind kind, SafeBpfHandle handle) in PinWalker.Walk(TakeProblem))
        {
            if (Try(() => ReadPin(path, mount, kind, handle, links)) is { } pin)
            {
                yield return pin;
            }
        }
    }

    /// <summary>One pin.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">It is no program, map or link.</exception>
    public PinRecord Pin(string path)
    {
        using SafeBpfHandle handle = OpenPinnedForReading(path, "object");
        ObjectKind kind = BpfObjectKinds.Get(handle) switch
        {
            BpfObjectKind.Program => ObjectKind.Program,
            BpfObjectKind.Map => ObjectKind.Map,
            BpfObjectKind.Link => ObjectKind.Link,
            _ => throw new InvalidDataException($"'{path}' is not a pinned program, map or link."),
        };
        string mount = Pinning.BpfFileSystem.FindMounts()
            .Select(static entry => entry.MountPoint)
            .Where(point => path.StartsWith(point.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(static point => point.Length) ?? "";
        return ReadPin(path, mount, kind, handle, new LinkReader(_names));
    }

    /// <summary>All links, without their pins and holders.</summary>
    internal IEnumerable<LinkRecord> BareLinks()
    {
        LinkReader reader = new(_names);
        return All(ObjectKind.Link, (handle, _) => reader.Read(handle), prepare: false);
    }

    /// <summary>Does something with each sockmap and sockhash while it is open.</summary>
    internal IEnumerable<T> WithSockmaps<T>(Func<SafeBpfHandle, bpf_map_info, T> action)
        where T : class
        => All<T>(
            ObjectKind.Map,
            (handle, _) =>
            {
                bpf_map_info info = default;
                BpfCommands.GetInfo(handle, ref info, "a map");
                return (BpfMapType)info.type is BpfMapType.SockMap or BpfMapType.SockHash ? action(handle, info) : null;
            },
            prepare: false);

    /// <summary>Lets a problem be taken, or throws it when no one takes problems.</summary>
    internal void TakeProblem(BpfException problem)
    {
        if (_options.Problem is null)
        {
            throw problem;
        }

        _options.Problem(problem);
    }

    internal void Log(string line) => _options.Log?.Invoke(line);

    private static string Word(ObjectKind kind) => kind switch
    {
        ObjectKind.Program => "program",
        ObjectKind.Map => "map",
        ObjectKind.Link => "link",
        _ => "BTF object",
    };

    private static (bpf_cmd Next, bpf_cmd Open) Commands(ObjectKind kind) => kind switch
    {
        ObjectKind.Program => (bpf_cmd.BPF_PROG_GET_NEXT_ID, bpf_cmd.BPF_PROG_GET_FD_BY_ID),
        ObjectKind.Map => (bpf_cmd.BPF_MAP_GET_NEXT_ID, bpf_cmd.BPF_MAP_GET_FD_BY_ID),
        ObjectKind.Link => (bpf_cmd.BPF_LINK_GET_NEXT_ID, bpf_cmd.BPF_LINK_GET_FD_BY_ID),
        _ => (bpf_cmd.BPF_BTF_GET_NEXT_ID, bpf_cmd.BPF_BTF_GET_FD_BY_ID),
    };

    private static BpfException NeedsSysAdmin(string operation, int errno) =>
        new($"{operation} needs CAP_SYS_ADMIN; run as root", errno);

    internal static SafeBpfHandle Open(ObjectKind kind, uint id)
    {
        bpf_attr_id attr = new() { start_id = id };
        int result = Syscalls.Bpf(Commands(kind).Open, ref attr);
        string operation = string.Create(CultureInfo.InvariantCulture, $"Opening {Word(kind)} {id}");
        return result switch
        {
            >= 0 => SafeBpfHandle.Adopt(result),
            -Errno.ENOENT => throw new BpfException(string.Create(CultureInfo.InvariantCulture, $"There is no {Word(kind)} with id {id}"), Errno.ENOENT),
            -Errno.EPERM => throw NeedsSysAdmin(operation, Errno.EPERM),
            _ => throw new BpfException(operation, -result),
        };
    }

    private static SafeBpfHandle OpenPinnedForReading(string path, string what)
    {
        try
        {
            return BpfCommands.OpenPinned(path, what);
        }
        catch (BpfException exception) when (exception.Errno is Errno.EACCES or Errno.EPERM)
        {
            return BpfCommands.OpenPinned(path, what, Constants.BPF_F_RDONLY);
        }
    }

    private PinRecord ReadPin(string path, string mount, ObjectKind kind, SafeBpfHandle handle, LinkReader links)
    {
        (uint id, string type, string name) = Describe(kind, handle, links);
        return new PinRecord { Path = path, Kind = kind, Id = id, Type = type, Name = name, BpfFileSystem = mount };
    }

    private (uint Id, string Type, string Name) Describe(ObjectKind kind, SafeBpfHandle handle, LinkReader links)
    {
        switch (kind)
        {
            case ObjectKind.Program:
                bpf_prog_info program = default;
                BpfCommands.GetInfo(handle, ref program, "a program");
                return (program.id, ((BpfProgramType)program.type).ToString(), _names.Whole(handle, program));
            case ObjectKind.Map:
                bpf_map_info map = default;
                BpfCommands.GetInfo(handle, ref map, "a map");
                return (map.id, ((BpfMapType)map.type).ToString(), map.name.ToString());
            default:
                LinkRecord link = links.Read(handle);
                return (link.Id, link.Type.ToString(), link.ProgName);
        }
    }

    private IEnumerable<T> All<T>(ObjectKind kind, Func<SafeBpfHandle, uint, T?> read, bool prepare = true)
        where T : class
    {
        if (prepare)
        {
            Prepare();
        }

        (bpf_cmd next, bpf_cmd open) = Commands(kind);
        uint id = 0;
        while (true)
        {
            bpf_attr_id attr = new() { start_id = id };
            int result = Syscalls.Bpf(next, ref attr);
            if (result == -Errno.ENOENT)
            {
                yield break;
            }

            if (result < 0)
            {
                string operation = $"Listing {Word(kind)}s";
                throw result == -Errno.EPERM ? NeedsSysAdmin(operation, Errno.EPERM) : new BpfException(operation, -result);
            }

            id = attr.next_id;
            if (ReadOne(kind, open, id, read) is { } record)
            {
                yield return record;
            }
        }
    }

    private T? ReadOne<T>(ObjectKind kind, bpf_cmd open, uint id, Func<SafeBpfHandle, uint, T?> read)
        where T : class
    {
        bpf_attr_id attr = new() { start_id = id };
        int result = Syscalls.Bpf(open, ref attr);

        // Gone since its id was given.
        if (result == -Errno.ENOENT)
        {
            return null;
        }

        if (result < 0)
        {
            TakeProblem(new BpfException(string.Create(CultureInfo.InvariantCulture, $"Opening {Word(kind)} {id}"), -result));
            return null;
        }

        using SafeBpfHandle handle = SafeBpfHandle.Adopt(result);
        try
        {
            return read(handle, id);
        }
        catch (BpfException exception)
        {
            TakeProblem(exception);
            return null;
        }
    }

    private T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (BpfException exception)
        {
            TakeProblem(exception);
            return null;
        }
    }

    /// <summary>
    /// Finds holders and pins before anything is opened: what that takes into the kernel is gone again by then, and this process is not
    /// taken for a holder of what it only looks at.
    /// </summary>
    private void Prepare()
    {
        HoldersOf(ObjectKind.None, 0);
        PinsOf(ObjectKind.None, 0);
    }

    private (int[] Pids, string[] Commands) HoldersOf(ObjectKind kind, uint id) =>
        _options.FindHolders ? (_holders ??= HolderTable.Find(_options.Log))[kind, id] : ([], []);

    private string[] PinsOf(ObjectKind kind, uint id) =>
        _options.FindPins ? (_pins ??= PinTable.Find(TakeProblem))[kind, id] : [];

    private ProgramRecord Complete(ProgramRecord record)
    {
        (int[] pids, string[] commands) = HoldersOf(ObjectKind.Program, record.Id);
        return record with { Pinned = PinsOf(ObjectKind.Program, record.Id), Pids = pids, Commands = commands };
    }

    private MapRecord Complete(MapRecord record)
    {
        (int[] pids, string[] commands) = HoldersOf(ObjectKind.Map, record.Id);
        return record with { Pinned = PinsOf(ObjectKind.Map, record.Id), Pids = pids, Commands = commands };
    }

    private LinkRecord Complete(LinkRecord record)
    {
        (int[] pids, string[] commands) = HoldersOf(ObjectKind.Link, record.Id);
        return record with { Pinned = PinsOf(ObjectKind.Link, record.Id), Pids = pids, Commands = commands };
    }

    private BtfRecord Complete(BtfRecord record)
    {
        (int[] pids, string[] commands) = HoldersOf(ObjectKind.Btf, record.Id);
        _btfUsers ??= FindBtfUsers();
        (uint[] programs, uint[] maps) = _btfUsers.TryGetValue(record.Id, out (List<uint> Programs, List<uint> Maps) users)
            ? ([.. users.Programs], [.. users.Maps])
            : (Array.Empty<uint>(), Array.Empty<uint>());
        return record with { ProgIds = programs, MapIds = maps, Pids = pids, Commands = commands };
    }

    private Dictionary<uint, (List<uint> Programs, List<uint> Maps)> FindBtfUsers()
    {
        Dictionary<uint, (List<uint> Programs, List<uint> Maps)> users = [];
        foreach ((uint id, uint btf) in All(ObjectKind.Program, static (handle, _) =>
        {
            bpf_prog_info info = default;
            int result = BpfCommands.TryGetInfo(handle, ref info);
            return Tuple.Create(info.id, result < 0 ? 0 : info.btf_id);
        }))
        {
            UsersOf(btf)?.Programs.Add(id);
        }

        foreach ((uint id, uint btf) in All(ObjectKind.Map, static (handle, _) =>
        {
            bpf_map_info info = default;
            BpfCommands.GetInfo(handle, ref info, "a map");
            return Tuple.Create(info.id, info.btf_id);
        }))
        {
            UsersOf(btf)?.Maps.Add(id);
        }

        return users;

        (List<uint> Programs, List<uint> Maps)? UsersOf(uint btf)
        {
            if (btf == 0)
            {
                return null;
            }

            if (!users.TryGetValue(btf, out (List<uint>, List<uint>) lists))
            {
                users.Add(btf, lists = ([], []));
            }

            return lists;
        }
    }
}
