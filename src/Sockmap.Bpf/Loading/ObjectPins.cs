using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>The pins that loading an object makes, so that they can all be taken back.</summary>
internal sealed class ObjectPins(Action<string>? log)
{
    private readonly List<string> _pins = [];
    private readonly List<string> _directories = [];

    /// <summary>The name of a pin; a bpffs takes no dots, which libbpf replaces in the same way.</summary>
    /// <exception cref="ArgumentException">The name, which comes from the object, cannot be one: it could lead elsewhere.</exception>
    public static string PathOf(string directory, string name)
    {
        string pin = name.Replace('.', '_');
        return BpfFileSystem.IsValidName(pin)
            ? Path.Combine(directory, pin)
            : throw new ArgumentException($"'{name}' of the object cannot be the name of a pin: use 1 to 255 bytes without '/'.", nameof(name));
    }

    /// <summary>The path of a pin whose name somebody chose: it is taken as it is, or refused.</summary>
    /// <exception cref="ArgumentException">The name cannot be one.</exception>
    public static string PathOfChosen(string directory, string pinName) =>
        BpfFileSystem.IsValidName(pinName)
            ? Path.Combine(directory, pinName)
            : throw new ArgumentException($"'{pinName}' cannot be the name of a pin: use 1 to 255 bytes without '/' and '.'.", nameof(pinName));

    /// <summary>Makes a directory with those that it lies in, where they are not there.</summary>
    public void EnsureDirectory(string directory)
    {
        if (directory.Length == 0 || directory[0] != '/')
        {
            throw new ArgumentException($"'{directory}' is not an absolute path; give one such as {BpfFileSystem.StandardMountPoint}/name.", nameof(directory));
        }

        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (path == BpfFileSystem.StandardMountPoint || path.StartsWith(BpfFileSystem.StandardMountPoint + "/", StringComparison.Ordinal))
        {
            _ = BpfFileSystem.FindOrMountStandard();
        }

        Stack<string> missing = [];
        while (!BpfFileSystem.Exists(path))
        {
            missing.Push(path);
            path = Path.GetDirectoryName(path)!;
        }

        if (!Directory.Exists(path) || !BpfFileSystem.IsOnBpfFileSystem(path))
        {
            throw new ArgumentException($"'{directory}' is not a directory on a bpffs, so nothing can be pinned there; use one below {BpfFileSystem.StandardMountPoint}.", nameof(directory));
        }

        foreach (string next in missing)
        {
            BpfFileSystem.ThrowIfInvalidPath(next);
            BpfFileSystem.CreateDirectory(next);
            _directories.Add(next);
        }
    }

    public void Add(BpfMap map, string path)
    {
        BpfFileSystem.ThrowIfInvalidPath(path);
        map.Pin(path);
        Added(path, "map");
    }

    public void Add(BpfProgram program, string path)
    {
        BpfFileSystem.ThrowIfInvalidPath(path);
        program.Pin(path);
        Added(path, "program");
    }

    /// <summary>Removes what was made; what cannot be removed is left, as the error that led here matters more.</summary>
    public void Undo()
    {
        foreach (string pin in _pins)
        {
            Try(() => BpfFileSystem.RemovePin(pin), pin);
        }

        // The innermost was made last. One that somebody else pinned something in stays.
        for (int i = _directories.Count - 1; i >= 0; i--)
        {
            string directory = _directories[i];
            Try(() => Directory.Delete(directory), directory);
        }

        _pins.Clear();
        _directories.Clear();
    }

    private void Added(string path, string what)
    {
        _pins.Add(path);
        log?.Invoke($"Pinned the {what} at '{path}'.");
    }

    private void Try(Action remove, string path)
    {
        try
        {
            remove();
        }
        catch (Exception error) when (error is BpfException or IOException or UnauthorizedAccessException)
        {
            log?.Invoke($"'{path}' could not be removed again: {error.Message}");
        }
    }
}
