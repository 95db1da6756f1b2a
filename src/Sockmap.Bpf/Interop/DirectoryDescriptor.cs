namespace Sockmap.Bpf.Interop;

/// <summary>Opens directories.</summary>
internal static class DirectoryDescriptor
{
    /// <summary>Opens a directory, or throws a sentence that says what the path is instead.</summary>
    internal static SafeBpfHandle Open(string path, string operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        int result = Syscalls.Open(path, Constants.O_RDONLY | Constants.O_DIRECTORY);
        return result switch
        {
            >= 0 => SafeBpfHandle.Adopt(result),
            -Errno.ENOENT => throw new BpfException($"{operation}: directory '{path}' does not exist", Errno.ENOENT),
            -Errno.ENOTDIR => throw new BpfException($"{operation}: '{path}' is not a directory", Errno.ENOTDIR),
            _ => throw new BpfException($"{operation}: opening directory '{path}'", -result),
        };
    }
}
