namespace Sockmap.Bpf.Loading;

/// <summary>A program as the kernel takes it.</summary>
public sealed class LinkedProgram
{
    /// <summary>The instructions, 8 bytes each.</summary>
    public required ReadOnlyMemory<byte> Instructions { get; init; }

    /// <summary>Function records (<c>struct bpf_func_info</c>); empty where the object has none.</summary>
    public required ReadOnlyMemory<byte> FunctionInfo { get; init; }

    /// <summary>Bytes a function record.</summary>
    public required int FunctionInfoRecordSize { get; init; }

    /// <summary>Line records (<c>struct bpf_line_info</c>); empty where the object has none.</summary>
    public required ReadOnlyMemory<byte> LineInfo { get; init; }

    /// <summary>Bytes a line record.</summary>
    public required int LineInfoRecordSize { get; init; }

    /// <summary>
    /// The modules whose kfuncs it calls: <see cref="Programs.ProgramLoadRequest.KernelFunctionModules"/>. They belong to
    /// <see cref="LinkTarget.Modules"/>.
    /// </summary>
    public required IReadOnlyList<Programs.BtfObject> KernelFunctionModules { get; init; }

    /// <summary>Weak kfuncs that this kernel lacks. The verifier refuses a call of one where it can be reached.</summary>
    public required IReadOnlyList<string> MissingKernelFunctions { get; init; }

    /// <summary>Fields and values that this kernel lacks. The verifier refuses their use where it can be reached.</summary>
    public required IReadOnlyList<string> MissingFields { get; init; }
}
