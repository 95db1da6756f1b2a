namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum row_other</c> of bpf/bypass.h: what is known of the other end of a listed socket.</summary>
internal enum RowOther : byte
{
    /// <summary>Not whether it is in the map.</summary>
    Unknown = 0,
    Absent = 1,

    /// <summary>It is the next row.</summary>
    Follows = 2,

    /// <summary>It is the row before.</summary>
    Precedes = 3,
}
