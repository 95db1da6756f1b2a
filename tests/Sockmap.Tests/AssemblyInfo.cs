// The tests share one kernel: bpf objects, counters and memory are seen by all of them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
