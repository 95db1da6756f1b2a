namespace Sockmap.Bpf.Loading;

/// <summary>What a variable takes of the kernel's configuration.</summary>
internal enum SettingKind
{
    /// <summary>y or n, in a <c>bool</c>.</summary>
    Boolean,

    /// <summary>y, n or m, or a number, in a <c>char</c>.</summary>
    Character,

    /// <summary>A number of 2, 4 or 8 bytes.</summary>
    Integer,

    /// <summary>n, y or m as 0, 1 or 2, in an <c>enum libbpf_tristate</c>.</summary>
    Tristate,

    /// <summary>Text with a zero at its end, in an array of <c>char</c>.</summary>
    Text,
}
