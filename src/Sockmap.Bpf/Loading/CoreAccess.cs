using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>Where an access path leads in one BTF.</summary>
internal sealed class CoreAccess
{
    public CoreAccess(BtfSpec btf, uint rootTypeId)
    {
        Btf = btf;
        RootTypeId = rootTypeId;
    }

    public BtfSpec Btf { get; }

    public uint RootTypeId { get; }

    public List<CoreAccessor> Path { get; } = [];

    public long BitOffset { get; set; }

    public CoreAccessor Last => Path[^1];

    /// <summary>Whether an array of that shape at the end of the path so far may be indexed beyond its length.</summary>
    public bool IsFlexible(BtfArrayShape array) =>
        array.Count == 0 && Last.IsField && Last.Index == Btf.TypeById(Last.TypeId).Count - 1;

    public void AddElement(uint elementTypeId, int index)
    {
        Path.Add(new CoreAccessor(elementTypeId, index, 0));
        BitOffset += (long)Btf.SizeOf(elementTypeId) * index * 8;
    }

    /// <summary>The path as C would write it, such as <c>struct sock.__sk_common.skc_family</c>.</summary>
    public override string ToString()
    {
        BtfType root = Btf.TypeById(RootTypeId);
        System.Text.StringBuilder text = new($"{BtfType.KindWord(root.Kind)} {root.Name}");
        for (int i = 0; i < Path.Count; i++)
        {
            if (Path[i].IsField)
            {
                text.Append('.').Append(Btf.StringAt(Path[i].NameOffset));
            }
            else if (i > 0 || Path[i].Index > 0)
            {
                text.Append('[').Append(Path[i].Index).Append(']');
            }
        }

        return text.ToString();
    }
}
