// Tests share one kernel: its mounts, cgroups and bypasses.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
