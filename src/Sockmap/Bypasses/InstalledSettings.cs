namespace Sockmap.Bypasses;

/// <summary>What an installed bypass's pins say of how it was installed.</summary>
/// <param name="Settings">
/// The settings, canonical; the cgroup's path is null where it is gone; what a pin says that is missing is as if not set,
/// and MaxEntries 0.
/// </param>
/// <param name="CgroupId">Id of the cgroup.</param>
/// <param name="InstalledAt">When, local time.</param>
/// <param name="KnowsReaders">The kernel's address of woken_wake_function was known.</param>
internal sealed record InstalledSettings(BypassSettings Settings, ulong CgroupId, DateTime InstalledAt, bool KnowsReaders);
