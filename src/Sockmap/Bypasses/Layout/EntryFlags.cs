namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum entry_flags</c> of bpf/bypass.h.</summary>
[Flags]
internal enum EntryFlags : uint
{
    None = 0,
    Redirected = 1,
    UsedTcp = 2,
    Connected = 4,
    Added = 8,
    Kick = 16,
    Uncounted = 32,
    Kicked = 64,
    Trial = 128,
    TrialSettled = 256,
    BetterOnTcp = 512,
    PeerMissed = 1024,
    Translated = 2048,
}
