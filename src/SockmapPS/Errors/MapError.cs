namespace SockmapPS.Errors;

/// <summary>What can go wrong with a map; the names are the ids of error records.</summary>
internal enum MapError
{
    /// <summary>No map has the id, or nothing is pinned at the path.</summary>
    MapNotFound,

    /// <summary>Something else than a map is pinned at the path.</summary>
    NotAMap,

    /// <summary>The process may not.</summary>
    PermissionDenied,

    /// <summary>The map takes no more writes from user space.</summary>
    MapFrozen,

    /// <summary>The object given is no key of the map.</summary>
    InvalidKey,

    /// <summary>The object given is no value of the map.</summary>
    InvalidValue,

    /// <summary>The key is not in the map.</summary>
    KeyNotFound,

    /// <summary>The key is in the map already.</summary>
    KeyExists,

    /// <summary>The map has no room, or no such index.</summary>
    MapFull,

    /// <summary>Maps of this type cannot do that.</summary>
    NotSupportedByMap,

    /// <summary>A sockmap has values of 4 bytes, which the kernel does not tell.</summary>
    ValuesNotReadable,

    /// <summary>A new map would break a rule of its type.</summary>
    InvalidMapSetting,

    /// <summary>A pin cannot be made at the path.</summary>
    InvalidPinPath,

    /// <summary>Something is at the path.</summary>
    PinExists,

    /// <summary>What a value refers to is not there.</summary>
    ReferenceNotFound,

    /// <summary>The kernel refused for another reason.</summary>
    KernelRefused,
}
