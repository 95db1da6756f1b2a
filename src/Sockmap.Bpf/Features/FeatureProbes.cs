using System.Globalization;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Features;

/// <summary>
/// Finds out what the kernel can by trying it, never by its version. Nothing is remembered and nothing stays behind.
/// What cannot be tried for lack of a capability is <see cref="FeatureState.Unknown"/>.
/// </summary>
public static class FeatureProbes
{
    private const string Worked = "It was tried and worked.";
    private const string KallsymsPath = "/proc/kallsyms";

    // Of the symbols at the start some per-CPU ones are 0 on x86-64 in earnest.
    private const int KallsymsLines = 4096;

    /// <summary>Whether programs of a type can be loaded.</summary>
    public static FeatureProbe ProgramType(BpfProgramType type)
    {
        string name = $"{type} programs";
        (int result, string log) = ProbePrograms.TryLoad(ProbePrograms.Request(type, ProbePrograms.Return(0)));
        if (result >= 0)
        {
            return Supported(name, null, Worked);
        }

        // The type is looked up before the verifier writes its first word (bpf_prog_load in kernel/bpf/syscall.c).
        if (log.Length > 0)
        {
            return Supported(name, null, "The verifier looked at such a program.");
        }

        if (type == BpfProgramType.StructOps && result == -Errno.ENOTSUPP)
        {
            return Supported(name, null, "The kernel knows the type, and says that type 1 of its BTF is no such structure.");
        }

        return FromError(name, null, result);
    }

    /// <summary>Whether maps of a type can be created.</summary>
    public static FeatureProbe MapType(BpfMapType type)
    {
        string name = $"{type} maps";
        if (!ProbeMaps.IsKnown(type))
        {
            return Unknown(name, null, "No map of this type can be made up without knowing more.", 0);
        }

        try
        {
            using BtfObject? btf = type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage
                ? BtfObject.Load(ProbeMaps.IntBtf())
                : null;
            using BpfMap? inner = type is BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps
                ? BpfMap.Create(new() { Type = BpfMapType.Array, KeySize = sizeof(int), ValueSize = sizeof(int), MaxEntries = 1 })
                : null;
            return FromDescriptor(name, null, BpfMap.CreateOnce(ProbeMaps.Request(type, btf, inner), named: false));
        }
        catch (BpfException exception)
        {
            return Unknown(name, null, exception.Message, exception.Errno);
        }
    }

    /// <summary>Whether programs of a type may call a helper.</summary>
    /// <param name="programType">The program type; not one that needs a target in the kernel's BTF (Tracing, Lsm, Ext, StructOps).</param>
    /// <param name="helper">The helper's number, BPF_FUNC_* of include/uapi/linux/bpf.h.</param>
    public static FeatureProbe Helper(BpfProgramType programType, int helper)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"helper {helper} in {programType} programs");
        if (ProbePrograms.NeedsTarget(programType))
        {
            return Unknown(name, null, $"{programType} programs cannot be loaded without a target.", 0);
        }

        (int result, string log) = ProbePrograms.TryLoad(ProbePrograms.Request(programType, ProbePrograms.CallHelper(helper)));
        if (result >= 0)
        {
            return Supported(name, null, Worked);
        }

        // The words of check_helper_call in kernel/bpf/verifier.c, of old and of new kernels.
        if (log.Contains("unknown func", StringComparison.Ordinal)
            || log.Contains("invalid func", StringComparison.Ordinal)
            || log.Contains("cannot use helper", StringComparison.Ordinal))
        {
            return new() { Name = name, State = FeatureState.Unsupported, Reason = LastLine(log), Errno = -result };
        }

        // Any other word of the verifier is about the arguments, which are looked at later.
        return log.Length > 0 && result != -Errno.EPERM
            ? Supported(name, null, "The verifier knows the helper, and looked at its arguments.")
            : FromError(name, null, result);
    }

    /// <summary>Whether a program can be linked to a cgroup (5.7). No cgroup is touched.</summary>
    public static FeatureProbe CgroupLink()
    {
        const string Name = "cgroup links";
        Version minimum = new(5, 7);
        try
        {
            // The cgroup is looked up last (cgroup_bpf_link_attach in kernel/bpf/cgroup.c), so that EBADF for
            // a descriptor that cannot be shows that all before it is there; a kernel without links says EINVAL.
            using BpfProgram program = Load(BpfProgramType.SockOps, BpfAttachType.CgroupSockOps);
            using DescriptorLease lease = new(program.Handle);
            bpf_attr_link_create attr = new()
            {
                prog_fd = (uint)lease.Descriptor,
                target_fd = uint.MaxValue,
                attach_type = (uint)BpfAttachType.CgroupSockOps,
            };
            int result = Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref attr);
            return result == -Errno.EBADF
                ? Supported(Name, minimum, "The kernel understood the request, and went on to look for the cgroup.")
                : FromDescriptor(Name, minimum, result);
        }
        catch (BpfException exception)
        {
            return Unknown(Name, minimum, exception.Message, exception.Errno);
        }
    }

    /// <summary>Whether a program can be linked to a sockmap (6.10).</summary>
    public static FeatureProbe SockmapLink()
    {
        const string Name = "sockmap links";
        Version minimum = new(6, 10);
        try
        {
            using BpfMap map = CreateSockHash();
            using BpfProgram program = Load(BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict);
            return FromDescriptor(Name, minimum, BpfLink.CreateOnce(program.Handle, map.Handle, BpfAttachType.SkMsgVerdict, default));
        }
        catch (BpfException exception)
        {
            return Unknown(Name, minimum, exception.Message, exception.Errno);
        }
    }

    /// <summary>Whether the programs attached to a sockmap can be asked for (5.18).</summary>
    public static FeatureProbe SockmapQuery()
    {
        const string Name = "asking which programs are attached to a sockmap";
        Version minimum = new(5, 18);
        try
        {
            using BpfMap map = CreateSockHash();
            _ = ProgramAttachment.Query(map.Handle, BpfAttachType.SkMsgVerdict);
            return Supported(Name, minimum, Worked);
        }
        catch (BpfException exception)
        {
            return FromError(Name, minimum, -exception.Errno);
        }
    }

    /// <summary>Whether a BTF object can be loaded (4.18).</summary>
    public static FeatureProbe BtfLoad()
    {
        const string Name = "loading BTF";
        Version minimum = new(4, 18);
        try
        {
            using BtfObject btf = BtfObject.Load(ProbeMaps.IntBtf());
            return Supported(Name, minimum, Worked);
        }
        catch (BpfException exception)
        {
            return FromError(Name, minimum, -exception.Errno);
        }
    }

    /// <summary>Whether the kernel shows its own BTF, which CO-RE needs (5.4, CONFIG_DEBUG_INFO_BTF).</summary>
    public static FeatureProbe KernelBtf()
    {
        const string Name = "the kernel's own BTF";
        Version minimum = new(5, 4);
        return TryReadKernelBtf(Name, minimum, out _)
            ?? Supported(Name, minimum, $"{BtfSpec.KernelPath} can be read.");
    }

    /// <summary>Whether an iterator over the sockets of a sockhash can be loaded and linked (5.10).</summary>
    public static FeatureProbe SockmapIterator()
    {
        const string Name = "the sockmap iterator";
        Version minimum = new(5, 10);
        if (TryReadKernelBtf(Name, minimum, out byte[] btf) is { } failure)
        {
            return failure;
        }

        BtfType target;
        try
        {
            if (!BtfSpec.Parse(btf, "vmlinux").TryFind("bpf_iter_sockmap", BtfKind.Function, out target))
            {
                return new() { Name = Name, MinimumKernel = minimum, State = FeatureState.Unsupported, Reason = "The kernel's BTF has no function bpf_iter_sockmap." };
            }
        }
        catch (BpfFormatException exception)
        {
            return Unknown(Name, minimum, exception.Message, 0);
        }

        try
        {
            using BpfMap map = CreateSockHash();
            using BpfProgram program = BpfProgram.Load(new()
            {
                Type = BpfProgramType.Tracing,
                ExpectedAttachType = BpfAttachType.TraceIter,
                AttachBtfId = target.Id,
                Instructions = ProbePrograms.Return(0),
            });
            using BpfLink link = BpfLink.CreateIterator(program, map);
            return Supported(Name, minimum, Worked);
        }
        catch (BpfException exception)
        {
            return FromError(Name, minimum, -exception.Errno);
        }
    }

    /// <summary>Whether this thread has a capability.</summary>
    public static FeatureProbe Capability(LinuxCapability capability)
    {
        string name = $"capability {capability}";
        return ProcessCapabilities.Read().Has(capability)
            ? Supported(name, null, "The calling thread has it.")
            : new() { Name = name, State = FeatureState.Unsupported, Reason = "The calling thread does not have it; run as root, or grant it (capabilities(7))." };
    }

    /// <summary>Whether this process sees the addresses of kernel symbols (sysctl kernel.kptr_restrict).</summary>
    public static FeatureProbe Kallsyms()
    {
        const string Name = "addresses of kernel symbols";
        try
        {
            bool any = File.ReadLines(KallsymsPath).Take(KallsymsLines).Any(static line => line.AsSpan().TrimStart('0') is [not ' ', ..]);
            return any
                ? Supported(Name, null, $"{KallsymsPath} has addresses that are not zero.")
                : new() { Name = Name, State = FeatureState.Unsupported, Reason = $"{KallsymsPath} has nothing but zero addresses: set kernel.kptr_restrict to 0 or 1, or take CAP_SYSLOG." };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new() { Name = Name, State = FeatureState.Unsupported, Reason = exception.Message };
        }
    }

    private static BpfMap CreateSockHash() =>
        BpfMap.Create(new() { Type = BpfMapType.SockHash, KeySize = sizeof(int), ValueSize = sizeof(ulong), MaxEntries = 1 });

    private static BpfProgram Load(BpfProgramType type, BpfAttachType attachType) =>
        BpfProgram.Load(new() { Type = type, ExpectedAttachType = attachType, Instructions = ProbePrograms.Return(1) });

    private static FeatureProbe? TryReadKernelBtf(string name, Version minimum, out byte[] btf)
    {
        btf = [];
        try
        {
            btf = File.ReadAllBytes(BtfSpec.KernelPath);
            return null;
        }
        catch (UnauthorizedAccessException exception)
        {
            return Unknown(name, minimum, exception.Message, Errno.EACCES);
        }
        catch (IOException exception)
        {
            return new() { Name = name, MinimumKernel = minimum, State = FeatureState.Unsupported, Reason = exception.Message };
        }
    }

    private static string LastLine(string log) =>
        log.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .LastOrDefault(static line => !line.StartsWith("processed ", StringComparison.Ordinal)) ?? "The verifier refused without a word.";

    private static FeatureProbe FromDescriptor(string name, Version? minimumKernel, int result)
    {
        if (result < 0)
        {
            return FromError(name, minimumKernel, result);
        }

        _ = Syscalls.Close(result);
        return Supported(name, minimumKernel, Worked);
    }

    /// <summary>That a well-formed request is not understood says no; anything else, EPERM first, says nothing.</summary>
    private static FeatureProbe FromError(string name, Version? minimumKernel, int result) => new()
    {
        Name = name,
        MinimumKernel = minimumKernel,
        State = result is -Errno.EINVAL or -Errno.EOPNOTSUPP or -Errno.ENOTSUPP or -Errno.ENOSYS ? FeatureState.Unsupported : FeatureState.Unknown,
        Reason = result == -Errno.EPERM ? "The kernel forbids to try it (EPERM): the process lacks a capability, or a security policy stands against it." : $"The kernel answered {Errno.Describe(-result)}.",
        Errno = -result,
    };

    private static FeatureProbe Supported(string name, Version? minimumKernel, string reason) =>
        new() { Name = name, MinimumKernel = minimumKernel, State = FeatureState.Supported, Reason = reason };

    private static FeatureProbe Unknown(string name, Version? minimumKernel, string reason, int errno) =>
        new() { Name = name, MinimumKernel = minimumKernel, State = FeatureState.Unknown, Reason = reason, Errno = errno };
}
