namespace Sockmap.Bpf.Loading;

/// <summary>Operations of the kernel that an object implements: a variable of a section <c>.struct_ops</c> or <c>.struct_ops.link</c>.</summary>
/// <param name="TypeName">The kernel's structure that it fills, such as <c>tcp_congestion_ops</c>.</param>
/// <param name="TypeId">The structure as the object declares it, in the object's BTF.</param>
/// <param name="Contents">The variable's bytes; zero where programs stand.</param>
/// <param name="Programs">The programs in it, by their place in bytes from the variable's start.</param>
internal sealed record StructOpsSpec(string TypeName, uint TypeId, byte[] Contents, IReadOnlyDictionary<uint, string> Programs);
