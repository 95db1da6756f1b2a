namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum entry_leaving</c> of bpf/bypass.h: how far a socket is on its way out.</summary>
internal enum EntryLeaving : uint
{
    Not,
    WhenRead,
    Now,
}
