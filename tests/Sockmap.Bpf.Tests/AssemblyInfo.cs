using System.Runtime.Versioning;

// Tests share one kernel: its ids, mounts and cgroups.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]
