namespace Sockmap.TestKit.Observation;

/// <summary>Kinds of what a test may leave behind.</summary>
public enum KernelObjectKind
{
    BpfProgram,
    BpfMap,
    BpfLink,
    Cgroup,
    Mount,
    File,
}
