using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses;

namespace Sockmap.Measuring;

/// <summary>
/// The sock_ops and sk_msg programs of any object file at work in a cgroup; the kernel frees all of it with this object and
/// the sockets of that cgroup.
/// </summary>
internal sealed class AttachedObject : IDisposable
{
    private readonly BpfObject _loaded;
    private readonly BpfLink _link;

    private AttachedObject(BpfObject loaded, BpfLink link)
    {
        _loaded = loaded;
        _link = link;
    }

    /// <summary>Loads and attaches.</summary>
    /// <exception cref="BypassException">The file is no such object (InvalidSetting).</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static AttachedObject Attach(string path, string cgroup, Action<string>? log)
    {
        ObjectSpec spec = Read(path);
        string sockOps = FindOne(spec, path, BpfProgramType.SockOps, "sock_ops");
        string verdict = FindOne(spec, path, BpfProgramType.SkMsg, "sk_msg");
        List<string> maps = [.. spec.Maps.Values.Where(map => map.Type is BpfMapType.SockMap or BpfMapType.SockHash).Select(map => map.Name)];
        if (maps.Count == 0)
        {
            throw Unfit(path, "it has neither a sockmap nor a sockhash to keep the sockets in");
        }

        foreach (MapSpec map in spec.Maps.Values)
        {
            // A pin would outlive the measurement, and might be the map of somebody else.
            map.PinByName = false;
        }

        BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = [sockOps, verdict], Log = log });
        try
        {
            // A socket keeps the programs that its map had when it came in: these first.
            foreach (string map in maps.Where(loaded.Maps.ContainsKey))
            {
                ProgramAttachment.Attach(loaded.Programs[verdict], loaded.Maps[map].Handle, BpfAttachType.SkMsgVerdict);
            }

            using CgroupDirectory folder = CgroupDirectory.Open(cgroup);
            return new AttachedObject(loaded, BpfLink.CreateCgroup(loaded.Programs[sockOps], folder.Handle, BpfAttachType.CgroupSockOps));
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _link.Dispose();
        _loaded.Dispose();
    }

    private static ObjectSpec Read(string path)
    {
        try
        {
            return ObjectSpec.ReadFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BpfFormatException)
        {
            throw new BypassException(BypassError.InvalidSetting, $"The object '{path}' cannot be measured: {e.Message}", e);
        }
    }

    private static string FindOne(ObjectSpec spec, string path, BpfProgramType type, string word)
    {
        List<string> found = [.. spec.Programs.Values.Where(program => program.Type == type).Select(program => program.Name)];
        return found.Count switch
        {
            1 => found[0],
            0 => throw Unfit(path, $"it has no {word} program"),
            _ => throw Unfit(path, $"it has {found.Count} {word} programs ({string.Join(", ", found)}), and which to attach is not known"),
        };
    }

    private static BypassException Unfit(string path, string why) =>
        new(BypassError.InvalidSetting, $"The object '{path}' cannot be measured: {why}.");
}
