using Sockmap.Bpf.Maps;

namespace SockmapPS.Commands.Bpf;

/// <summary>A map that a cmdlet works on.</summary>
internal sealed class OpenedMap : IDisposable
{
    private readonly Lazy<MapLayout> _layout;

    public OpenedMap(BpfMap map, object target)
    {
        Map = map;
        Target = target;
        Id = map.GetInfo().Id;
        _layout = new Lazy<MapLayout>(() => MapLayout.Of(map));
    }

    public BpfMap Map { get; }

    /// <summary>The id or path that was given, for error records.</summary>
    public object Target { get; }

    public uint Id { get; }

    public MapLayout Layout => _layout.Value;

    /// <summary>The map for people: <c>SockHash map 'sock_map' (id 42)</c>.</summary>
    public override string ToString() => $"{Map} (id {Id})";

    public void Dispose() => Map.Dispose();
}
