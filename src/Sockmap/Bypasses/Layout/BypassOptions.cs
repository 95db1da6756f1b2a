namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum bypass_options</c> of bpf/bypass.h.</summary>
[Flags]
internal enum BypassOptions : uint
{
    None = 0,
    IPv4 = 1,
    IPv6 = 2,
    CrossNamespace = 4,
    IncludedPorts = 8,
    ExcludedPorts = 16,
    IncludedAddresses = 32,
    ExcludedAddresses = 64,
    KeepSockets = 128,
    ThroughNat = 256,
}
