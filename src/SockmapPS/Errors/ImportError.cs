namespace SockmapPS.Errors;

/// <summary>What can go wrong with loading an object file; the names are the ids of error records.</summary>
internal enum ImportError
{
    /// <summary>There is no such file.</summary>
    FileNotFound,

    /// <summary>The file cannot be read.</summary>
    FileNotReadable,

    /// <summary>The file is damaged, or holds something that is not supported.</summary>
    InvalidObject,

    /// <summary>The object has no program of that name.</summary>
    ProgramNotFound,

    /// <summary>The object has no map of that name to replace.</summary>
    MapNotFound,

    /// <summary>A replacement is neither a path nor an id nor a map.</summary>
    InvalidReplacement,

    /// <summary>The map that is to be used is not there.</summary>
    ReplacementNotFound,

    /// <summary>A map that is there is not what the object asks for.</summary>
    MapMismatch,

    /// <summary>This kernel lacks something that a program cannot do without.</summary>
    KernelLacks,

    /// <summary>The verifier refused a program.</summary>
    VerifierRefused,

    /// <summary>Nothing can be pinned at the path.</summary>
    InvalidPinPath,

    /// <summary>One name was given for the pins of several programs.</summary>
    AmbiguousPinName,

    /// <summary>Something is pinned at the path already.</summary>
    PinExists,

    /// <summary>The process may not.</summary>
    PermissionDenied,

    /// <summary>The kernel refused for another reason.</summary>
    KernelRefused,
}
