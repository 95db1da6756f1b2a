using System.Diagnostics.CodeAnalysis;

namespace Sockmap.Bpf.Maps;

/// <summary>Keys are equal when their bytes are.</summary>
public sealed class ByteArrayComparer : IEqualityComparer<byte[]>
{
    private ByteArrayComparer()
    {
    }

    /// <summary>The only one.</summary>
    public static ByteArrayComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] byte[] obj)
    {
        HashCode hash = default;
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
