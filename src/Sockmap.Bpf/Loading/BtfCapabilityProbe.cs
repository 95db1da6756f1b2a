using System.Buffers.Binary;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>Finds out what BTF the running kernel takes, by loading tiny blobs.</summary>
internal static class BtfCapabilityProbe
{
    private const uint NameInt = 1;
    private const uint NameX = 5;
    private const uint NameData = 7;
    private const uint Global = 1;
    private const uint WholeDeclaration = uint.MaxValue;

    /// <summary>Tries each part of BTF. A blob that is refused for want of rights counts as refused.</summary>
    public static BtfCapabilities Run()
    {
        // Type 1 of every blob is int; the names are in Load.
        return new BtfCapabilities
        {
            Functions = Load([0, Info(BtfKind.FunctionPrototype, 0), 0, NameX, Info(BtfKind.Function, 0), 2]),
            GlobalFunctions = Load([0, Info(BtfKind.FunctionPrototype, 0), 0, NameX, Info(BtfKind.Function, Global), 2]),
            DataSections = Load([NameX, Info(BtfKind.Variable, 0), 1, 0, NameData, Info(BtfKind.DataSection, 1), 4, 2, 0, 4]),
            Floats = Load([NameX, Info(BtfKind.Float, 0), 4]),
            DeclarationTags = Load([NameX, Info(BtfKind.Variable, 0), 1, 0, NameX, Info(BtfKind.DeclarationTag, 0), 2, WholeDeclaration]),
            TypeTags = Load([NameX, Info(BtfKind.TypeTag, 0), 1, 0, Info(BtfKind.Pointer, 0), 2]),
            Enum64 = Load([NameX, Info(BtfKind.Enum64, 1), 8, NameX, 0, 0]),
        };
    }

    private static uint Info(BtfKind kind, uint count) => ((uint)kind << 24) | count;

    private static bool Load(ReadOnlySpan<uint> types)
    {
        ReadOnlySpan<uint> first = [NameInt, Info(BtfKind.Int, 0), 4, (1 << 24) | 32];
        ReadOnlySpan<byte> strings = "\0int\0x\0.data\0"u8;
        int length = (first.Length + types.Length) * sizeof(uint);
        byte[] blob = new byte[BtfSpec.HeaderSize + length + strings.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(blob, BtfSpec.Magic);
        blob[2] = 1;
        uint[] words = [BtfSpec.HeaderSize, 0, (uint)length, (uint)length, (uint)strings.Length, .. first, .. types];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(4 + (i * sizeof(uint))), words[i]);
        }

        strings.CopyTo(blob.AsSpan(BtfSpec.HeaderSize + length));
        try
        {
            BtfObject.Load(blob).Dispose();
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }
}
