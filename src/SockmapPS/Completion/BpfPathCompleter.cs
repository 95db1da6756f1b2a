using System.Collections;
using Sockmap.Bpf.Pinning;

namespace SockmapPS.Completion;

/// <summary>Offers what is on the mounted bpffs, one folder at a time: pins, and the folders that new ones may go to.</summary>
public sealed class BpfPathCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound)
    {
        string folder = typed[..(typed.LastIndexOf('/') + 1)];
        IEnumerable<string> found = folder.Length > 0 && BpfFileSystem.IsOnBpfFileSystem(folder)
            ? Directory.EnumerateFileSystemEntries(folder)
            : BpfFileSystem.FindMounts().Select(static mount => mount.MountPoint);
        return found
            .Order(StringComparer.Ordinal)
            .Select(static path => Directory.Exists(path)
                ? new CompletionOffer(path + "/", $"folder {path}")
                : new CompletionOffer(path, $"pin {path}"));
    }
}
