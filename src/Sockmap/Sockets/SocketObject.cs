using System.Reflection;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Sockets.Layout;

namespace Sockmap.Sockets;

/// <summary>Our compiled object, bpf/sockets.bpf.o, which the assembly carries.</summary>
internal static class SocketObject
{
    private const string OptionsVariable = "holder_options";
    private const string KeySizeVariable = "key_size";

    /// <summary>An iterator that writes a <see cref="HeldRow"/> for each descriptor.</summary>
    public static BpfLink LinkHeld(SocketReadOptions options) => LinkHolders("held", options);

    /// <summary>An iterator that writes a <see cref="BriefRow"/> with its cookie for each descriptor.</summary>
    public static BpfLink LinkHeldBrief(SocketReadOptions options) => LinkHolders("held_brief", options);

    /// <summary>An iterator that writes a <see cref="BriefRow"/> with its inode's number for each descriptor of any socket.</summary>
    public static BpfLink LinkHeldInodes() => Link(ReadSpec(), "held_inode", null);

    /// <summary>An iterator that writes a <see cref="SocketRow"/> and the key for each entry of a map.</summary>
    public static BpfLink LinkMembers(BpfMap map)
    {
        ObjectSpec spec = ReadSpec();
        uint keySize = (uint)map.KeySize;
        spec.SetVariable(KeySizeVariable, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in keySize)));
        return Link(spec, "members", map);
    }

    /// <summary>Whether an error tells that the iterator is not to be had, so that /proc has to do.</summary>
    public static bool IsUnavailable(Exception exception) =>
        exception is BpfException or BpfFormatException or BpfRelocationException or IOException or UnauthorizedAccessException;

    private static BpfLink LinkHolders(string program, SocketReadOptions options)
    {
        HolderOptions chosen = (options.AnyProtocol ? HolderOptions.AnyProtocol : HolderOptions.None)
            | (options.InSockmapOnly ? HolderOptions.PsockOnly : HolderOptions.None);
        ObjectSpec spec = ReadSpec();
        spec.SetVariable(OptionsVariable, MemoryMarshal.AsBytes(new ReadOnlySpan<HolderOptions>(in chosen)));
        return Link(spec, program, null);
    }

    private static BpfLink Link(ObjectSpec spec, string program, BpfMap? target)
    {
        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = [program] });
        return BpfLink.CreateIterator(loaded.Programs[program], target);
    }

    private static ObjectSpec ReadSpec() => ObjectSpec.ReadEmbedded(Assembly.GetExecutingAssembly(), "sockets");
}
