namespace Sockmap.Bpf.Interop;

/// <summary>What a descriptor of bpf(2) stands for.</summary>
internal enum BpfObjectKind
{
    Other,
    Program,
    Map,
    Link,
}
