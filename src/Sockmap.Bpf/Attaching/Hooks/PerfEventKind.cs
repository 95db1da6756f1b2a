namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>Events that programs of type PerfEvent count (enum perf_sw_ids and perf_hw_id of include/uapi/linux/perf_event.h).</summary>
public enum PerfEventKind
{
    /// <summary>PERF_COUNT_SW_CPU_CLOCK: time, in nanoseconds.</summary>
    CpuClock,

    /// <summary>PERF_COUNT_SW_TASK_CLOCK: time that a task runs, in nanoseconds.</summary>
    TaskClock,

    /// <summary>PERF_COUNT_SW_PAGE_FAULTS.</summary>
    PageFaults,

    /// <summary>PERF_COUNT_SW_CONTEXT_SWITCHES.</summary>
    ContextSwitches,

    /// <summary>PERF_COUNT_SW_CPU_MIGRATIONS.</summary>
    CpuMigrations,

    /// <summary>PERF_COUNT_SW_PAGE_FAULTS_MIN: page faults that needed no disk.</summary>
    MinorFaults,

    /// <summary>PERF_COUNT_SW_PAGE_FAULTS_MAJ: page faults that needed one.</summary>
    MajorFaults,

    /// <summary>PERF_COUNT_HW_CPU_CYCLES. This and what follows is counted by the CPU, and few virtual machines have it.</summary>
    CpuCycles = 0x100,

    /// <summary>PERF_COUNT_HW_INSTRUCTIONS.</summary>
    Instructions = 0x101,

    /// <summary>PERF_COUNT_HW_CACHE_REFERENCES.</summary>
    CacheReferences = 0x102,

    /// <summary>PERF_COUNT_HW_CACHE_MISSES.</summary>
    CacheMisses = 0x103,

    /// <summary>PERF_COUNT_HW_BRANCH_INSTRUCTIONS.</summary>
    BranchInstructions = 0x104,

    /// <summary>PERF_COUNT_HW_BRANCH_MISSES.</summary>
    BranchMisses = 0x105,

    /// <summary>PERF_COUNT_HW_BUS_CYCLES.</summary>
    BusCycles = 0x106,
}
