using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>A type in the BTF of a module of the kernel.</summary>
/// <param name="Type">The type; its id counts on from those of the kernel.</param>
/// <param name="Types">The module's BTF.</param>
/// <param name="Module">The module's BTF object, whose descriptor tells the kernel whose id it is. It stays that of <see cref="KernelModules"/>.</param>
public sealed record ModuleType(BtfType Type, BtfSpec Types, BtfObject Module);
