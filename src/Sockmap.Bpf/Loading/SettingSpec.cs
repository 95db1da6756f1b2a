namespace Sockmap.Bpf.Loading;

/// <summary>A variable of <c>.kconfig</c>: a setting of the running kernel that an object asks for.</summary>
/// <param name="Name">The setting, such as <c>CONFIG_HZ</c> or <c>LINUX_KERNEL_VERSION</c>.</param>
/// <param name="VariableId">The variable in the object's raw BTF.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="IsSigned">Whether a number may be negative.</param>
/// <param name="IsWeak">Whether the kernel may lack it.</param>
/// <param name="Offset">Bytes from the start of the map that holds all settings.</param>
internal sealed record SettingSpec(string Name, uint VariableId, SettingKind Kind, int Size, bool IsSigned, bool IsWeak, int Offset);
