namespace Sockmap.Bpf.Inspection;

/// <summary>What is pinned where, found once for a whole listing.</summary>
internal sealed class PinTable
{
    private readonly Dictionary<(ObjectKind Kind, uint Id), string[]> _paths = [];

    /// <summary>Walks every bpffs.</summary>
    /// <param name="problem">Takes what cannot be read.</param>
    internal static PinTable Find(Action<BpfException> problem)
    {
        PinTable table = new();
        foreach ((string path, _, ObjectKind kind, Interop.SafeBpfHandle handle) in PinWalker.Walk(problem))
        {
            try
            {
                (ObjectKind, uint) key = (kind, PinWalker.IdOf(handle, kind));
                table._paths[key] = table._paths.TryGetValue(key, out string[]? known) ? [.. known, path] : [path];
            }
            catch (BpfException exception)
            {
                problem(exception);
            }
        }

        return table;
    }

    internal string[] this[ObjectKind kind, uint id] => _paths.TryGetValue((kind, id), out string[]? found) ? found : [];
}
