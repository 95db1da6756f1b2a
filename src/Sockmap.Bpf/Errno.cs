using System.Collections.Frozen;

namespace Sockmap.Bpf;

/// <summary>
/// Names, numbers and meanings of Linux error codes, with the kernel-internal ones (512 and up) that bpf(2) can leak, such as 524 ENOTSUPP.
/// Numbers are those of x86-64 and arm64 (include/uapi/asm-generic/errno.h, include/linux/errno.h).
/// </summary>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;

    /// <summary>No such process.</summary>
    public const int ESRCH = 3;

    /// <summary>Interrupted system call.</summary>
    public const int EINTR = 4;

    /// <summary>Argument list too long.</summary>
    public const int E2BIG = 7;

    /// <summary>No such device or address.</summary>
    public const int ENXIO = 6;

    /// <summary>Bad file descriptor.</summary>
    public const int EBADF = 9;

    /// <summary>Resource temporarily unavailable.</summary>
    public const int EAGAIN = 11;

    /// <summary>Cannot allocate memory.</summary>
    public const int ENOMEM = 12;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;

    /// <summary>Bad address.</summary>
    public const int EFAULT = 14;

    /// <summary>Device or resource busy.</summary>
    public const int EBUSY = 16;

    /// <summary>File exists.</summary>
    public const int EEXIST = 17;

    /// <summary>Invalid cross-device link.</summary>
    public const int EXDEV = 18;

    /// <summary>No such device.</summary>
    public const int ENODEV = 19;

    /// <summary>Not a directory.</summary>
    public const int ENOTDIR = 20;

    /// <summary>Is a directory.</summary>
    public const int EISDIR = 21;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>Too many open files in system.</summary>
    public const int ENFILE = 23;

    /// <summary>Too many open files.</summary>
    public const int EMFILE = 24;

    /// <summary>No space left on device.</summary>
    public const int ENOSPC = 28;

    /// <summary>Read-only file system.</summary>
    public const int EROFS = 30;

    /// <summary>Numerical result out of range.</summary>
    public const int ERANGE = 34;

    /// <summary>File name too long.</summary>
    public const int ENAMETOOLONG = 36;

    /// <summary>Function not implemented.</summary>
    public const int ENOSYS = 38;

    /// <summary>Directory not empty.</summary>
    public const int ENOTEMPTY = 39;

    /// <summary>Link has been severed.</summary>
    public const int ENOLINK = 67;

    /// <summary>Value too large for defined data type.</summary>
    public const int EOVERFLOW = 75;

    /// <summary>Operation not supported.</summary>
    public const int EOPNOTSUPP = 95;

    /// <summary>Address family not supported by protocol.</summary>
    public const int EAFNOSUPPORT = 97;

    /// <summary>Cannot assign requested address; of a function's name, that several have it.</summary>
    public const int EADDRNOTAVAIL = 99;

    /// <summary>Stale file handle.</summary>
    public const int ESTALE = 116;

    /// <summary>Connection refused.</summary>
    public const int ECONNREFUSED = 111;

    /// <summary>Operation now in progress.</summary>
    public const int EINPROGRESS = 115;

    /// <summary>Operation is not supported by this kernel or for this object.</summary>
    public const int ENOTSUPP = 524;

    private static readonly FrozenDictionary<int, (string Name, string Description)> ByNumber = new Dictionary<int, (string Name, string Description)>
    {
        [1] = ("EPERM", "Operation not permitted"),
        [2] = ("ENOENT", "No such file or directory"),
        [3] = ("ESRCH", "No such process"),
        [4] = ("EINTR", "Interrupted system call"),
        [5] = ("EIO", "Input/output error"),
        [6] = ("ENXIO", "No such device or address"),
        [7] = ("E2BIG", "Argument list too long"),
        [8] = ("ENOEXEC", "Exec format error"),
        [9] = ("EBADF", "Bad file descriptor"),
        [10] = ("ECHILD", "No child processes"),
        [11] = ("EAGAIN", "Resource temporarily unavailable"),
        [12] = ("ENOMEM", "Cannot allocate memory"),
        [13] = ("EACCES", "Permission denied"),
        [14] = ("EFAULT", "Bad address"),
        [15] = ("ENOTBLK", "Block device required"),
        [16] = ("EBUSY", "Device or resource busy"),
        [17] = ("EEXIST", "File exists"),
        [18] = ("EXDEV", "Invalid cross-device link"),
        [19] = ("ENODEV", "No such device"),
        [20] = ("ENOTDIR", "Not a directory"),
        [21] = ("EISDIR", "Is a directory"),
        [22] = ("EINVAL", "Invalid argument"),
        [23] = ("ENFILE", "Too many open files in system"),
        [24] = ("EMFILE", "Too many open files"),
        [25] = ("ENOTTY", "Inappropriate ioctl for device"),
        [26] = ("ETXTBSY", "Text file busy"),
        [27] = ("EFBIG", "File too large"),
        [28] = ("ENOSPC", "No space left on device"),
        [29] = ("ESPIPE", "Illegal seek"),
        [30] = ("EROFS", "Read-only file system"),
        [31] = ("EMLINK", "Too many links"),
        [32] = ("EPIPE", "Broken pipe"),
        [33] = ("EDOM", "Numerical argument out of domain"),
        [34] = ("ERANGE", "Numerical result out of range"),
        [35] = ("EDEADLK", "Resource deadlock avoided"),
        [36] = ("ENAMETOOLONG", "File name too long"),
        [37] = ("ENOLCK", "No locks available"),
        [38] = ("ENOSYS", "Function not implemented"),
        [39] = ("ENOTEMPTY", "Directory not empty"),
        [40] = ("ELOOP", "Too many levels of symbolic links"),
        [42] = ("ENOMSG", "No message of desired type"),
        [43] = ("EIDRM", "Identifier removed"),
        [44] = ("ECHRNG", "Channel number out of range"),
        [45] = ("EL2NSYNC", "Level 2 not synchronized"),
        [46] = ("EL3HLT", "Level 3 halted"),
        [47] = ("EL3RST", "Level 3 reset"),
        [48] = ("ELNRNG", "Link number out of range"),
        [49] = ("EUNATCH", "Protocol driver not attached"),
        [50] = ("ENOCSI", "No CSI structure available"),
        [51] = ("EL2HLT", "Level 2 halted"),
        [52] = ("EBADE", "Invalid exchange"),
        [53] = ("EBADR", "Invalid request descriptor"),
        [54] = ("EXFULL", "Exchange full"),
        [55] = ("ENOANO", "No anode"),
        [56] = ("EBADRQC", "Invalid request code"),
        [57] = ("EBADSLT", "Invalid slot"),
        [59] = ("EBFONT", "Bad font file format"),
        [60] = ("ENOSTR", "Device not a stream"),
        [61] = ("ENODATA", "No data available"),
        [62] = ("ETIME", "Timer expired"),
        [63] = ("ENOSR", "Out of streams resources"),
        [64] = ("ENONET", "Machine is not on the network"),
        [65] = ("ENOPKG", "Package not installed"),
        [66] = ("EREMOTE", "Object is remote"),
        [67] = ("ENOLINK", "Link has been severed"),
        [68] = ("EADV", "Advertise error"),
        [69] = ("ESRMNT", "Srmount error"),
        [70] = ("ECOMM", "Communication error on send"),
        [71] = ("EPROTO", "Protocol error"),
        [72] = ("EMULTIHOP", "Multihop attempted"),
        [73] = ("EDOTDOT", "RFS specific error"),
        [74] = ("EBADMSG", "Bad message"),
        [75] = ("EOVERFLOW", "Value too large for defined data type"),
        [76] = ("ENOTUNIQ", "Name not unique on network"),
        [77] = ("EBADFD", "File descriptor in bad state"),
        [78] = ("EREMCHG", "Remote address changed"),
        [79] = ("ELIBACC", "Can not access a needed shared library"),
        [80] = ("ELIBBAD", "Accessing a corrupted shared library"),
        [81] = ("ELIBSCN", ".lib section in a.out corrupted"),
        [82] = ("ELIBMAX", "Attempting to link in too many shared libraries"),
        [83] = ("ELIBEXEC", "Cannot exec a shared library directly"),
        [84] = ("EILSEQ", "Invalid or incomplete multibyte or wide character"),
        [85] = ("ERESTART", "Interrupted system call should be restarted"),
        [86] = ("ESTRPIPE", "Streams pipe error"),
        [87] = ("EUSERS", "Too many users"),
        [88] = ("ENOTSOCK", "Socket operation on non-socket"),
        [89] = ("EDESTADDRREQ", "Destination address required"),
        [90] = ("EMSGSIZE", "Message too long"),
        [91] = ("EPROTOTYPE", "Protocol wrong type for socket"),
        [92] = ("ENOPROTOOPT", "Protocol not available"),
        [93] = ("EPROTONOSUPPORT", "Protocol not supported"),
        [94] = ("ESOCKTNOSUPPORT", "Socket type not supported"),
        [95] = ("EOPNOTSUPP", "Operation not supported"),
        [96] = ("EPFNOSUPPORT", "Protocol family not supported"),
        [97] = ("EAFNOSUPPORT", "Address family not supported by protocol"),
        [98] = ("EADDRINUSE", "Address already in use"),
        [99] = ("EADDRNOTAVAIL", "Cannot assign requested address"),
        [100] = ("ENETDOWN", "Network is down"),
        [101] = ("ENETUNREACH", "Network is unreachable"),
        [102] = ("ENETRESET", "Network dropped connection on reset"),
        [103] = ("ECONNABORTED", "Software caused connection abort"),
        [104] = ("ECONNRESET", "Connection reset by peer"),
        [105] = ("ENOBUFS", "No buffer space available"),
        [106] = ("EISCONN", "Transport endpoint is already connected"),
        [107] = ("ENOTCONN", "Transport endpoint is not connected"),
        [108] = ("ESHUTDOWN", "Cannot send after transport endpoint shutdown"),
        [109] = ("ETOOMANYREFS", "Too many references: cannot splice"),
        [110] = ("ETIMEDOUT", "Connection timed out"),
        [111] = ("ECONNREFUSED", "Connection refused"),
        [112] = ("EHOSTDOWN", "Host is down"),
        [113] = ("EHOSTUNREACH", "No route to host"),
        [114] = ("EALREADY", "Operation already in progress"),
        [115] = ("EINPROGRESS", "Operation now in progress"),
        [116] = ("ESTALE", "Stale file handle"),
        [117] = ("EUCLEAN", "Structure needs cleaning"),
        [118] = ("ENOTNAM", "Not a XENIX named type file"),
        [119] = ("ENAVAIL", "No XENIX semaphores available"),
        [120] = ("EISNAM", "Is a named type file"),
        [121] = ("EREMOTEIO", "Remote I/O error"),
        [122] = ("EDQUOT", "Disk quota exceeded"),
        [123] = ("ENOMEDIUM", "No medium found"),
        [124] = ("EMEDIUMTYPE", "Wrong medium type"),
        [125] = ("ECANCELED", "Operation canceled"),
        [126] = ("ENOKEY", "Required key not available"),
        [127] = ("EKEYEXPIRED", "Key has expired"),
        [128] = ("EKEYREVOKED", "Key has been revoked"),
        [129] = ("EKEYREJECTED", "Key was rejected by service"),
        [130] = ("EOWNERDEAD", "Owner died"),
        [131] = ("ENOTRECOVERABLE", "State not recoverable"),
        [132] = ("ERFKILL", "Operation not possible due to RF-kill"),
        [133] = ("EHWPOISON", "Memory page has hardware error"),
        [512] = ("ERESTARTSYS", "Interrupted, to be restarted"),
        [513] = ("ERESTARTNOINTR", "Interrupted, to be restarted"),
        [514] = ("ERESTARTNOHAND", "Interrupted, to be restarted if there is no handler"),
        [515] = ("ENOIOCTLCMD", "No such ioctl command"),
        [516] = ("ERESTART_RESTARTBLOCK", "Interrupted, to be restarted by restart_syscall"),
        [517] = ("EPROBE_DEFER", "Driver asks for a later probe"),
        [518] = ("EOPENSTALE", "Open found a stale entry"),
        [519] = ("ENOPARAM", "Parameter not supported"),
        [521] = ("EBADHANDLE", "Illegal file handle"),
        [522] = ("ENOTSYNC", "Update synchronization mismatch"),
        [523] = ("EBADCOOKIE", "Cookie is stale"),
        [524] = ("ENOTSUPP", "Operation is not supported by this kernel or for this object"),
        [525] = ("ETOOSMALL", "Buffer or request is too small"),
        [526] = ("ESERVERFAULT", "Untranslatable error"),
        [527] = ("EBADTYPE", "Type not supported"),
        [528] = ("EJUKEBOX", "Request started, but not done before the timeout"),
        [529] = ("EIOCBQUEUED", "Queued"),
        [530] = ("ERECALLCONFLICT", "Conflict with recalled state"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, int> ByName = CreateByName();

    /// <summary>The name of an error number, such as <c>EPERM</c> for 1; <c>errno 999</c> for a number that has no name.</summary>
    /// <param name="number">A positive error number.</param>
    public static string GetName(int number) =>
        ByNumber.TryGetValue(number, out (string Name, string Description) entry) ? entry.Name : $"errno {number}";

    /// <summary>What an error number means, in a few words.</summary>
    /// <param name="number">A positive error number.</param>
    public static string GetDescription(int number) =>
        ByNumber.TryGetValue(number, out (string Name, string Description) entry) ? entry.Description : "Unknown error";

    /// <summary>The number of an error name (<c>EPERM</c>, also the second names <c>EWOULDBLOCK</c>, <c>EDEADLOCK</c>, <c>ENOTSUP</c>).</summary>
    /// <param name="name">The name in capital letters.</param>
    /// <param name="number">The number, or 0 when the name is not known.</param>
    /// <returns>Whether the name is known.</returns>
    public static bool TryGetNumber(string name, out int number) => ByName.TryGetValue(name, out number);

    /// <summary>Name, number and meaning: <c>EPERM (1), Operation not permitted</c>.</summary>
    /// <param name="number">A positive error number.</param>
    public static string Describe(int number) => $"{GetName(number)} ({number}), {GetDescription(number)}";

    private static FrozenDictionary<string, int> CreateByName()
    {
        Dictionary<string, int> names = new(StringComparer.Ordinal)
        {
            ["EWOULDBLOCK"] = EAGAIN,
            ["EDEADLOCK"] = 35,
            ["ENOTSUP"] = EOPNOTSUPP,
        };
        foreach ((int number, (string Name, string Description) entry) in ByNumber)
        {
            names.Add(entry.Name, number);
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
