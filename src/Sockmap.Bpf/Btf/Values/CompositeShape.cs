using System.Collections;
using System.Globalization;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>A struct, a union or a data section. Members of anonymous structs and unions in it are its own, as in C.</summary>
internal sealed class CompositeShape : ValueShape
{
    private const int NamesInMessage = 16;

    private readonly ShapeMember[] _members;
    private readonly Dictionary<string, int> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _likely = new(StringComparer.OrdinalIgnoreCase);

    internal CompositeShape(string typeName, int size, IReadOnlyList<ShapeMember> members, long nodes)
        : base(typeName, size * 8L, nodes)
    {
        _members = [.. members];
        for (int i = 0; i < _members.Length; i++)
        {
            _exact.Add(_members[i].Name, i);
        }

        // RemotePort means remote_port, unless remoteport is there too.
        for (int i = 0; i < _members.Length; i++)
        {
            string plain = WithoutUnderscores(_members[i].Name);
            if (!_likely.TryAdd(plain, i))
            {
                _likely[plain] = -1;
            }
        }
    }

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset)
    {
        OrderedDictionary<string, object?> values = new(_members.Length, StringComparer.OrdinalIgnoreCase);
        foreach (ShapeMember member in _members)
        {
            values.Add(member.Name, member.Shape.Read(bytes, bitOffset + member.BitOffset));
        }

        return values;
    }

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        if (value is not IDictionary given)
        {
            throw Wrong(path, value, $"a set of its members ({Names()}) or {Bytes(Size)}");
        }

        HashSet<int> seen = [];
        foreach (DictionaryEntry pair in given)
        {
            string name = Convert.ToString(pair.Key, CultureInfo.InvariantCulture) ?? string.Empty;
            ShapeMember member = _members[Find(name, path)];
            if (!seen.Add(_exact[member.Name]))
            {
                throw new ValueEncodingException($"{path}.{member.Name}", "was given twice under names that mean the same member");
            }

            member.Shape.Write(writer, bitOffset + member.BitOffset, pair.Value, $"{path}.{member.Name}");
        }
    }

    private static string WithoutUnderscores(string name) => name.Replace("_", "", StringComparison.Ordinal);

    private int Find(string name, string path)
    {
        if (_exact.TryGetValue(name, out int index))
        {
            return index;
        }

        // Names are unique whatever the case.
        index = Array.FindIndex(_members, member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase));
        if (index < 0 && !_likely.TryGetValue(WithoutUnderscores(name), out index))
        {
            index = -1;
        }

        return index >= 0 ? index : throw new ValueEncodingException(path, $"is of type {TypeName}, which has no member '{name}'; it has {Names()}");
    }

    private string Names() => _members.Length == 0
        ? "none"
        : string.Join(", ", _members.Take(NamesInMessage).Select(static member => member.Name)) + (_members.Length > NamesInMessage ? ", ..." : "");
}
