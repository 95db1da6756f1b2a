using System.Runtime.InteropServices;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct set_value</c> of bpf/policy.h: a set of rules, a bit a rule in their order.</summary>
internal sealed class RuleBits
{
    private readonly ulong[] _words = new ulong[PolicyLayout.MostRules / 64];

    public void Add(int rule) => _words[rule / 64] |= 1UL << (rule % 64);

    public void Add(RuleBits other)
    {
        for (int i = 0; i < _words.Length; i++)
        {
            _words[i] |= other._words[i];
        }
    }

    public bool IsSameAs(RuleBits other) => _words.AsSpan().SequenceEqual(other._words);

    public byte[] ToBytes() => MemoryMarshal.AsBytes<ulong>(_words).ToArray();
}
