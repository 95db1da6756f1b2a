using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Inspection;

/// <summary>Names and types of programs; whole names come from their BTF, which keeps what the kernel cuts at 15 bytes.</summary>
internal sealed unsafe class ProgramNames
{
    private const int FunctionInfoSize = 8;

    // Programs of one object have ids in a row and one BTF.
    private const int MostSpecs = 16;

    private readonly Dictionary<uint, BtfSpec?> _specs = [];
    private readonly Dictionary<uint, ProgramIdentity> _known = [];

    /// <summary>The name, type and target of a program; <see cref="ProgramIdentity.Unknown"/> when it is gone or may not be opened.</summary>
    internal ProgramIdentity Find(uint id)
    {
        if (id == 0)
        {
            return ProgramIdentity.Unknown;
        }

        if (_known.TryGetValue(id, out ProgramIdentity? found))
        {
            return found;
        }

        bpf_attr_id attr = new() { prog_id = id };
        int descriptor = Syscalls.Bpf(bpf_cmd.BPF_PROG_GET_FD_BY_ID, ref attr);
        if (descriptor < 0)
        {
            return ProgramIdentity.Unknown;
        }

        using SafeBpfHandle handle = SafeBpfHandle.Adopt(descriptor);
        bpf_prog_info info = default;
        found = BpfCommands.TryGetInfo(handle, ref info) >= 0
            ? new ProgramIdentity(Whole(handle, info), (BpfProgramType)info.type, info.attach_btf_obj_id, info.attach_btf_id)
            : ProgramIdentity.Unknown;
        return _known[id] = found;
    }

    /// <summary>The name of the function or type that a program traces or replaces, or null.</summary>
    internal string? AttachTargetName(uint id)
    {
        ProgramIdentity program = Find(id);
        if (program.AttachBtfObjId == 0 || program.AttachBtfId == 0 || Spec(program.AttachBtfObjId) is not { } spec)
        {
            return null;
        }

        try
        {
            return spec.TypeById(program.AttachBtfId).Name;
        }
        catch (BpfFormatException)
        {
            return null;
        }
    }

    /// <summary>The whole name of a program.</summary>
    /// <param name="handle">The program.</param>
    /// <param name="info">What the kernel says of it.</param>
    internal string Whole(SafeBpfHandle handle, in bpf_prog_info info)
    {
        ReadOnlySpan<byte> kernelName = info.name;
        bool cut = kernelName[..(Constants.BPF_OBJ_NAME_LEN - 1)].IndexOf((byte)0) < 0;
        string name = info.name.ToString();
        if (!cut || info.btf_id == 0 || info.nr_func_info == 0)
        {
            return name;
        }

        uint* first = stackalloc uint[FunctionInfoSize / sizeof(uint)];
        bpf_prog_info question = new() { nr_func_info = 1, func_info_rec_size = FunctionInfoSize, func_info = BpfCommands.Address(first) };
        if (BpfCommands.TryGetInfo(handle, ref question) < 0 || question.nr_func_info == 0 || Spec(info.btf_id) is not { } spec)
        {
            return name;
        }

        // BTF is what some process loaded; a name that does not go on where the kernel's ends is not believed.
        string? whole = FunctionName(spec, first[1]);
        return whole is not null && whole.StartsWith(name, StringComparison.Ordinal) ? whole : name;
    }

    /// <summary>The types of a BTF object, or null when it is gone or damaged.</summary>
    internal BtfSpec? Spec(uint btfId)
    {
        if (_specs.TryGetValue(btfId, out BtfSpec? spec))
        {
            return spec;
        }

        if (_specs.Count >= MostSpecs)
        {
            _specs.Clear();
        }

        try
        {
            using BtfObject btf = BtfObject.OpenById(btfId);
            spec = BtfSpec.Parse(btf.GetData(), $"BTF {btfId}");
        }
        catch (Exception exception) when (exception is BpfException or BpfFormatException)
        {
            spec = null;
        }

        return _specs[btfId] = spec;
    }

    internal static string? FunctionName(BtfSpec spec, uint typeId)
    {
        try
        {
            BtfType type = spec.TypeById(typeId);
            return type.Kind == BtfKind.Function ? type.Name : null;
        }
        catch (BpfFormatException)
        {
            return null;
        }
    }
}
