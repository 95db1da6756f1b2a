namespace Sockmap.Bpf.Btf;

/// <summary>What a CO-RE relocation asks for (<c>enum bpf_core_relo_kind</c>, include/uapi/linux/bpf.h).</summary>
public enum CoreRelocationKind
{
    /// <summary>Where a field is, in bytes.</summary>
    FieldByteOffset = 0,

    /// <summary>Size of a field in bytes.</summary>
    FieldByteSize = 1,

    /// <summary>Whether a field exists.</summary>
    FieldExists = 2,

    /// <summary>Whether a field is signed.</summary>
    FieldSigned = 3,

    /// <summary>Left shift that brings a bit field to the top of 64 bits.</summary>
    FieldLeftShift = 4,

    /// <summary>Right shift that brings it down again.</summary>
    FieldRightShift = 5,

    /// <summary>Id of a type in the object's BTF.</summary>
    TypeIdLocal = 6,

    /// <summary>Id of a type in the kernel's BTF.</summary>
    TypeIdTarget = 7,

    /// <summary>Whether a type exists.</summary>
    TypeExists = 8,

    /// <summary>Size of a type in bytes.</summary>
    TypeSize = 9,

    /// <summary>Whether an enumeration has a value of this name.</summary>
    EnumValueExists = 10,

    /// <summary>The value of an enumerator.</summary>
    EnumValue = 11,

    /// <summary>Whether a type exists and has the same shape.</summary>
    TypeMatches = 12,
}
