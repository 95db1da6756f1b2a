namespace Sockmap.Bpf.Inspection;

/// <summary>The kinds of objects that bpf(2) makes and that have ids of their own.</summary>
public enum ObjectKind
{
    /// <summary>Something else.</summary>
    None = 0,

    /// <summary>A program.</summary>
    Program = 1,

    /// <summary>A map.</summary>
    Map = 2,

    /// <summary>A link.</summary>
    Link = 3,

    /// <summary>A BTF object.</summary>
    Btf = 4,
}
