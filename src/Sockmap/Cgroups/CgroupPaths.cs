namespace Sockmap.Cgroups;

/// <summary>The folders of cgroups by their ids, each looked up once, for listings of many sockets of few cgroups.</summary>
public sealed class CgroupPaths
{
    private const int Most = 4096;

    private readonly Dictionary<ulong, string?> _paths = [];

    /// <summary>The folder of a cgroup, as <see cref="CgroupHierarchy.FindPath"/> gives it; null for 0.</summary>
    public string? Find(ulong id)
    {
        if (id == 0)
        {
            return null;
        }

        if (!_paths.TryGetValue(id, out string? path))
        {
            if (_paths.Count >= Most)
            {
                _paths.Clear();
            }

            path = CgroupHierarchy.FindPath(id);
            _paths.Add(id, path);
        }

        return path;
    }
}
