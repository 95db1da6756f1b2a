namespace Sockmap.Bpf.Loading;

/// <summary>What a CO-RE relocation does to its instruction.</summary>
/// <param name="Description">What was asked for, for messages.</param>
internal sealed record CoreFix(string Description)
{
    /// <summary>The number that the compiler should have put there.</summary>
    public ulong Original { get; init; }

    /// <summary>The number for this kernel.</summary>
    public ulong New { get; init; }

    /// <summary>Whether the kernel has no such thing, so that the instruction must never run.</summary>
    public bool Poison { get; init; }

    /// <summary>Whether the instruction must hold <see cref="Original"/>.</summary>
    public bool Validate { get; init; } = true;

    /// <summary>Whether only 32 bits of the numbers are sure.</summary>
    public bool Is32Bit { get; init; }

    /// <summary>Size of the field in the object; 0 where it does not matter.</summary>
    public uint OriginalSize { get; init; }

    /// <summary>Size of the field in the kernel; 0 where it does not matter.</summary>
    public uint NewSize { get; init; }

    /// <summary>Whether a load or store of another size would read or write a wrong value.</summary>
    public bool SizeIsUnsafe { get; init; }
}
