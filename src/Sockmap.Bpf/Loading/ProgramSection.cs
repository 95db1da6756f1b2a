namespace Sockmap.Bpf.Loading;

/// <summary>What a section's name says about the programs in it.</summary>
/// <param name="Prefix">The name; a <c>+</c> at its end lets a <c>/target</c> follow.</param>
/// <param name="Type">The program type.</param>
/// <param name="AttachType">The expected attach type; null where there is none.</param>
/// <param name="Flags"><c>BPF_F_*</c> flags of program loading.</param>
/// <param name="NeedsAttachTypeId">Whether the target is a kernel function or type, given by its BTF id.</param>
internal sealed record ProgramSection(
    string Prefix,
    BpfProgramType Type,
    BpfAttachType? AttachType = null,
    uint Flags = 0,
    bool NeedsAttachTypeId = false)
{
    /// <summary>Whether a section's name is this one.</summary>
    /// <param name="name">The section's name.</param>
    /// <param name="target">What stands behind the slash; null where nothing does.</param>
    public bool Matches(string name, out string? target)
    {
        target = null;
        if (!Prefix.EndsWith('+'))
        {
            return name == Prefix;
        }

        ReadOnlySpan<char> stem = Prefix.AsSpan(..^1);
        if (!name.AsSpan().StartsWith(stem, StringComparison.Ordinal))
        {
            return false;
        }

        if (name.Length == stem.Length)
        {
            return true;
        }

        if (name[stem.Length] != '/' || name.Length == stem.Length + 1)
        {
            return false;
        }

        target = name[(stem.Length + 1)..];
        return true;
    }
}
