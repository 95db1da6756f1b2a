using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>An object's types in the kernel, as far as the kernel takes them.</summary>
internal sealed class ObjectTypes : IDisposable
{
    private ObjectTypes()
    {
    }

    /// <summary>The types; null where the object has none or the kernel refused them.</summary>
    public BtfObject? Btf { get; private set; }

    /// <summary>What of BTF the kernel takes.</summary>
    public BtfCapabilities Capabilities { get; private set; } = BtfCapabilities.All;

    /// <summary>Why the kernel refused them; null where it did not.</summary>
    public BpfException? Refusal { get; private set; }

    public static ObjectTypes Load(ObjectSpec spec)
    {
        ObjectTypes types = new();
        if (spec.Btf is null || types.TryLoad(spec))
        {
            return types;
        }

        types.Capabilities = BtfCapabilityProbe.Run();
        if (types.Capabilities != BtfCapabilities.All)
        {
            // Where each part is taken, the fault is in this object's BTF: nothing simpler would help.
            _ = types.TryLoad(spec);
        }

        return types;
    }

    public void Dispose() => Btf?.Dispose();

    private bool TryLoad(ObjectSpec spec)
    {
        try
        {
            Btf = BtfObject.Load(spec.EncodeBtf(Capabilities).Span);
            Refusal = null;
            return true;
        }
        catch (BpfException refusal)
        {
            Refusal = refusal;
            return false;
        }
    }
}
