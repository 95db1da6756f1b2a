using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Programs;

/// <summary>A program in the kernel. It lives while a descriptor, a pin, a link, an attachment or a map refers to it.</summary>
public sealed unsafe class BpfProgram : IDisposable
{
    private const int InstructionSize = 8;

    // The verifier gives EAGAIN when a signal reached the process while it worked.
    private const int AgainAttempts = 10;

    private BpfProgram(SafeBpfHandle handle)
    {
        Handle = handle;
    }

    /// <summary>The descriptor.</summary>
    public SafeBpfHandle Handle { get; }

    /// <summary>
    /// Loads a program (BPF_PROG_LOAD). It is loaded without a log; only when that fails, again with one.
    /// Needs CAP_BPF, with CAP_NET_ADMIN for networking and CAP_PERFMON for tracing.
    /// </summary>
    /// <exception cref="VerifierException">The kernel refused the program and says why.</exception>
    /// <exception cref="BpfException">The kernel refused without a word: EPERM, EINVAL for an unknown type, E2BIG for too many instructions.</exception>
    /// <exception cref="ArgumentException">The request is not well formed.</exception>
    public static BpfProgram Load(ProgramLoadRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string operation = $"Loading {request.Type} program '{request.Name}'";
        bool named = !string.IsNullOrEmpty(request.Name);
        int first = LoadOnce(request, named, default);
        if (first is -Errno.EINVAL or -Errno.E2BIG && named && KernelRefusesNames())
        {
            named = false;
            first = LoadOnce(request, named, default);
        }

        if (first >= 0)
        {
            return new BpfProgram(SafeBpfHandle.Adopt(first));
        }

        (int result, string log) = VerifierLog.Collect(buffer => LoadOnce(request, named, buffer));
        return result >= 0
            ? new BpfProgram(SafeBpfHandle.Adopt(result))
            : throw (log.Length == 0 ? new BpfException(operation, -first) : new VerifierException(operation, -first, log));
    }

    /// <summary>Opens a pinned program.</summary>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a program is pinned there.</exception>
    public static BpfProgram OpenPinned(string path) =>
        new(BpfObjectKinds.Require(BpfCommands.OpenPinned(path, "program"), BpfObjectKind.Program, path));

    /// <summary>Opens a program by its id. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is none (ENOENT), or the process may not (EPERM).</exception>
    public static BpfProgram OpenById(uint id) =>
        new(BpfCommands.OpenById(bpf_cmd.BPF_PROG_GET_FD_BY_ID, id, "program"));

    /// <summary>The ids of all programs, in rising order. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">The process may not (EPERM); thrown while enumerating.</exception>
    public static IEnumerable<uint> EnumerateIds() => BpfCommands.EnumerateIds(bpf_cmd.BPF_PROG_GET_NEXT_ID, "programs");

    /// <summary>Pins the program at a path on a bpffs.</summary>
    /// <exception cref="BpfException">EEXIST: something is there; EPERM: the path is not on a bpffs; ENOENT: its folder does not exist.</exception>
    public void Pin(string path) => BpfCommands.Pin(Handle, path, "a program");

    /// <summary>What the kernel says of this program.</summary>
    public ProgramInfo GetInfo()
    {
        bpf_prog_info info = default;
        BpfCommands.GetInfo(Handle, ref info, "a program");
        long age = Syscalls.ClockGettime(Constants.CLOCK_BOOTTIME) - (long)info.load_time;
        ulong tag = info.tag;
        return new ProgramInfo
        {
            Id = info.id,
            Type = (BpfProgramType)info.type,
            Name = info.name.ToString(),
            Tag = Convert.ToHexStringLower(new ReadOnlySpan<byte>(&tag, sizeof(ulong))),
            LoadTime = DateTime.Now - TimeSpan.FromTicks(age / TimeSpan.NanosecondsPerTick),
            UserId = info.created_by_uid,
            MapIds = GetMapIds(info.nr_map_ids),
            BtfId = info.btf_id,
            RunTimeNs = info.run_time_ns,
            RunCount = info.run_cnt,
            RecursionMisses = info.recursion_misses,
            VerifiedInstructions = info.verified_insns,
            XlatedSize = info.xlated_prog_len,
            JitedSize = info.jited_prog_len,
            GplCompatible = (info.gpl_compatible & 1) != 0,
        };
    }

    /// <summary>Runs the program once on made-up data (BPF_PROG_TEST_RUN); only some types can be run so.</summary>
    /// <param name="data">The packet, for types that take one; at least 14 bytes (an Ethernet header) for most.</param>
    /// <param name="context">The context, for types that take one, else empty.</param>
    /// <returns>What the program returned.</returns>
    /// <exception cref="BpfException">The type cannot be run (ENOTSUPP), or the data does not suit it (EINVAL).</exception>
    public uint Run(ReadOnlySpan<byte> data, ReadOnlySpan<byte> context = default)
    {
        using DescriptorLease lease = new(Handle);
        fixed (byte* dataIn = data, contextIn = context)
        {
            bpf_attr_test attr = new()
            {
                prog_fd = (uint)lease.Descriptor,
                data_in = BpfCommands.Address(dataIn),
                data_size_in = (uint)data.Length,
                ctx_in = BpfCommands.Address(contextIn),
                ctx_size_in = (uint)context.Length,
            };
            BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_PROG_TEST_RUN, ref attr), "Running a program on test data");
            return attr.retval;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    /// <summary>One BPF_PROG_LOAD with or without a log; gives a descriptor or the negative error number.</summary>
    internal static int LoadOnce(ProgramLoadRequest request, bool named, Span<byte> log)
    {
        Validate(request);
        using DescriptorLease btf = new(request.Btf?.Handle);

        // One member of the union for both: attach_btf_obj_fd and attach_prog_fd.
        using DescriptorLease attachTo = new(request.AttachProgram?.Handle ?? request.AttachBtfObject?.Handle);
        int[] descriptors = LeaseAll(request.KernelFunctionModules, out List<SafeBpfHandle> leased);
        try
        {
            return LoadOnce(request, named, log, btf.Descriptor, attachTo.Descriptor, descriptors);
        }
        finally
        {
            leased.ForEach(static handle => handle.DangerousRelease());
        }
    }

    private static int LoadOnce(ProgramLoadRequest request, bool named, Span<byte> log, int btf, int attachTo, int[] functionModules)
    {
        fixed (int* modules = functionModules)
        fixed (byte* instructions = request.Instructions.Span,
            license = BpfCommands.Encode(request.License),
            functionInfo = request.FunctionInfo.Span,
            lineInfo = request.LineInfo.Span,
            logBuffer = log)
        {
            bpf_attr_prog_load attr = new()
            {
                prog_type = (uint)request.Type,
                insns = BpfCommands.Address(instructions),
                insn_cnt = (uint)(request.Instructions.Length / InstructionSize),
                license = BpfCommands.Address(license),
                log_level = log.IsEmpty ? 0u : 1u,
                log_buf = BpfCommands.Address(logBuffer),
                log_size = (uint)log.Length,
                kern_version = request.KernelVersion,
                prog_flags = request.Flags,
                prog_name = bpf_name.From(named ? request.Name : null),
                expected_attach_type = (uint)request.ExpectedAttachType,
                prog_btf_fd = (uint)btf,
                attach_btf_id = request.AttachBtfId,
                attach_btf_obj_fd = (uint)attachTo,
                fd_array = BpfCommands.Address(modules),
            };
            if (!request.FunctionInfo.IsEmpty)
            {
                attr.func_info = BpfCommands.Address(functionInfo);
                attr.func_info_rec_size = (uint)request.FunctionInfoRecordSize;
                attr.func_info_cnt = (uint)(request.FunctionInfo.Length / request.FunctionInfoRecordSize);
            }

            if (!request.LineInfo.IsEmpty)
            {
                attr.line_info = BpfCommands.Address(lineInfo);
                attr.line_info_rec_size = (uint)request.LineInfoRecordSize;
                attr.line_info_cnt = (uint)(request.LineInfo.Length / request.LineInfoRecordSize);
            }

            int result;
            int attempt = 0;
            do
            {
                result = Syscalls.Bpf(bpf_cmd.BPF_PROG_LOAD, ref attr);
            }
            while (result == -Errno.EAGAIN && ++attempt < AgainAttempts);

            return result;
        }
    }

    /// <summary>The array that calls of kfuncs in modules point into; none where there are no such calls. Place 0 is never read.</summary>
    private static int[] LeaseAll(IReadOnlyList<BtfObject> modules, out List<SafeBpfHandle> leased)
    {
        leased = [];
        if (modules.Count == 0)
        {
            return [];
        }

        int[] descriptors = new int[modules.Count + 1];
        for (int i = 0; i < modules.Count; i++)
        {
            SafeBpfHandle handle = modules[i].Handle;
            bool added = false;
            handle.DangerousAddRef(ref added);
            leased.Add(handle);
            descriptors[i + 1] = (int)handle.DangerousGetHandle();
        }

        return descriptors;
    }

    /// <summary>Kernels before 4.15 know no names: a tiny program loads without a name and not with one.</summary>
    private static bool KernelRefusesNames()
    {
        // r0 = 0; exit
        ProgramLoadRequest probe = new()
        {
            Name = "name",
            Type = BpfProgramType.SocketFilter,
            Instructions = new byte[] { 0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0 },
        };
        return !Loads(named: true) && Loads(named: false);

        bool Loads(bool named)
        {
            int result = LoadOnce(probe, named, default);
            if (result >= 0)
            {
                _ = Syscalls.Close(result);
            }

            return result >= 0;
        }
    }

    private static void Validate(ProgramLoadRequest request)
    {
        if (request.Instructions.IsEmpty || request.Instructions.Length % InstructionSize != 0)
        {
            throw new ArgumentException($"Instructions of program '{request.Name}' are {request.Instructions.Length} bytes; they must be a multiple of 8 and not empty.", nameof(request));
        }

        ValidateRecords(request.FunctionInfo, request.FunctionInfoRecordSize, nameof(request.FunctionInfo));
        ValidateRecords(request.LineInfo, request.LineInfoRecordSize, nameof(request.LineInfo));

        void ValidateRecords(ReadOnlyMemory<byte> records, int size, string member)
        {
            if (!records.IsEmpty && (size <= 0 || records.Length % size != 0))
            {
                throw new ArgumentException($"{member} of program '{request.Name}' is {records.Length} bytes, which is no multiple of its record size {size}.", nameof(request));
            }
        }
    }

    private uint[] GetMapIds(uint count)
    {
        // A program's maps may grow between two calls (BPF_PROG_BIND_MAP), so ask until the answer fits.
        while (count > 0)
        {
            uint[] ids = new uint[count];
            fixed (uint* buffer = ids)
            {
                bpf_prog_info info = new() { nr_map_ids = count, map_ids = BpfCommands.Address(buffer) };
                BpfCommands.GetInfo(Handle, ref info, "a program");
                if (info.nr_map_ids <= count)
                {
                    return ids[..(int)info.nr_map_ids];
                }

                count = info.nr_map_ids;
            }
        }

        return [];
    }
}
