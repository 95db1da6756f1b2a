namespace Sockmap.Bypasses;

/// <summary>Why something about a bypass could not be done; a stable name for each.</summary>
public enum BypassError
{
    /// <summary>A setting has a value that cannot be.</summary>
    InvalidSetting,

    /// <summary>No bypass of this name is installed.</summary>
    BypassNotFound,

    /// <summary>A bypass of this name is installed with other settings.</summary>
    BypassSettingsDiffer,

    /// <summary>The bypass is there, but paused, draining or incomplete.</summary>
    BypassNotActive,

    /// <summary>The socket is not in the bypass.</summary>
    EntryNotFound,

    /// <summary>Bytes wait unread, so that the socket could not be taken out without losing them.</summary>
    EntryNotDrained,

    /// <summary>No local connection is as asked for.</summary>
    ConnectionNotFound,

    /// <summary>The connection cannot join the bypass; the message says why.</summary>
    ConnectionNotTaken,

    /// <summary>The socket could not be had from the process that holds it.</summary>
    SocketNotAccessible,

    /// <summary>No policy of this name is there.</summary>
    PolicyNotFound,

    /// <summary>A policy of this name is there.</summary>
    PolicyExists,

    /// <summary>Another policy judges some of the same sockets.</summary>
    PolicyOverlap,

    /// <summary>A policy of another version of SockmapPS has this name.</summary>
    PolicyForeign,

    /// <summary>As many policies, or rules of one, are there as can be.</summary>
    TooManyRules,

    /// <summary>The policy has no rule with this id.</summary>
    PolicyRuleNotFound,

    /// <summary>A bypass of another version of SockmapPS has this name.</summary>
    BypassForeign,

    /// <summary>There is no redirect of this name.</summary>
    RedirectNotFound,

    /// <summary>There is a redirect of this name already.</summary>
    RedirectExists,

    /// <summary>The kernel does not redirect so between two such sockets; the message says why.</summary>
    RedirectUnsupported,

    /// <summary>A redirect of another version of SockmapPS has this name.</summary>
    RedirectForeign,

    /// <summary>The socket is not in a state in which it can be an end of a redirect.</summary>
    SocketNotSuitable,

    /// <summary>The socket is in another sockmap that does the same with it.</summary>
    SocketTaken,

    /// <summary>Bytes wait unread in a socket that redirected ones would overtake.</summary>
    BytesUnread,

    /// <summary>Another process is installing or removing.</summary>
    BypassLocked,

    /// <summary>As many watch the bypass as can.</summary>
    TooManyWatchers,

    /// <summary>The folder given as cgroup does not exist.</summary>
    CgroupNotFound,

    /// <summary>The path given as cgroup is no cgroup v2 folder.</summary>
    NotACgroup,

    /// <summary>No cgroup can be made in the one given, or entered.</summary>
    CgroupNotUsable,

    /// <summary>No connection can be made that tells whether the bypass works; the message says why.</summary>
    BypassNotProvable,

    /// <summary>Nothing can be measured here as it is; the message says why.</summary>
    NotMeasurable,

    /// <summary>A process that was to do part of the work could not be started, or did not do it.</summary>
    WorkerFailed,

    /// <summary>No proxy of this name is there.</summary>
    ProxyNotFound,

    /// <summary>A proxy of this name is there.</summary>
    ProxyExists,

    /// <summary>A proxy's process did not end in time.</summary>
    ProxyNotStopped,

    /// <summary>An address cannot be listened on.</summary>
    AddressNotUsable,

    /// <summary>No cgroup v2 hierarchy is mounted.</summary>
    NoCgroupMount,

    /// <summary>bpffs is not mounted, and could not be.</summary>
    NoBpfFileSystem,

    /// <summary>The process lacks a privilege.</summary>
    PermissionDenied,

    /// <summary>The kernel lacks what the bypass needs.</summary>
    KernelUnsupported,

    /// <summary>The kernel refused a step; the inner exception has errno, and the verifier's log where there is one.</summary>
    KernelRefused,
}
