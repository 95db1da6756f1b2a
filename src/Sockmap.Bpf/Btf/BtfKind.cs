using System.Diagnostics.CodeAnalysis;

namespace Sockmap.Bpf.Btf;

/// <summary>The kinds of BTF types (<c>BTF_KIND_*</c>, include/uapi/linux/btf.h).</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The kinds are named as the kernel names them.")]
public enum BtfKind
{
    /// <summary>Type id 0, <c>void</c>.</summary>
    Void = 0,

    /// <summary>An integer.</summary>
    Int = 1,

    /// <summary>A pointer.</summary>
    Pointer = 2,

    /// <summary>An array of a fixed number of elements.</summary>
    Array = 3,

    /// <summary>A struct.</summary>
    Struct = 4,

    /// <summary>A union.</summary>
    Union = 5,

    /// <summary>An enumeration of 32-bit values.</summary>
    Enum = 6,

    /// <summary>A struct or union that is declared only.</summary>
    Forward = 7,

    /// <summary>A typedef.</summary>
    Typedef = 8,

    /// <summary>The <c>volatile</c> modifier.</summary>
    Volatile = 9,

    /// <summary>The <c>const</c> modifier.</summary>
    Const = 10,

    /// <summary>The <c>restrict</c> modifier.</summary>
    Restrict = 11,

    /// <summary>A function; its shape is the <see cref="FunctionPrototype"/> it refers to.</summary>
    Function = 12,

    /// <summary>Parameters and return type of a function.</summary>
    FunctionPrototype = 13,

    /// <summary>A global variable.</summary>
    Variable = 14,

    /// <summary>A section that holds variables.</summary>
    DataSection = 15,

    /// <summary>A floating point number.</summary>
    Float = 16,

    /// <summary>A tag on a declaration (<c>btf_decl_tag</c>).</summary>
    DeclarationTag = 17,

    /// <summary>A tag on a type (<c>btf_type_tag</c>).</summary>
    TypeTag = 18,

    /// <summary>An enumeration of 64-bit values.</summary>
    Enum64 = 19,
}
