using System.Buffers.Binary;
using System.Text;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;

namespace Sockmap.Bpf.Loading;

/// <summary>Reads the operations of the kernel that an object implements (Documentation/bpf/libbpf/program_types.rst, struct_ops).</summary>
internal static class StructOpsReader
{
    private const int PointerSize = 8;
    private static readonly string[] SectionNames = [".struct_ops", ".struct_ops.link"];

    /// <summary>One map for each variable in the sections.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="btf">Its types; null where it has none.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="programAt">The name of the program that a symbol and a distance from it lead to; throws where that is none.</param>
    public static List<MapSpec> Read(ElfFile elf, BtfSpec? btf, string source, Func<MapSpec, ElfSymbol, ulong, string> programAt)
    {
        List<MapSpec> maps = [];
        foreach (ElfSection section in SectionNames.Select(elf.FindSection).OfType<ElfSection>().Where(static section => section.Size > 0))
        {
            if (btf is null || !btf.TryFind(section.Name, BtfKind.DataSection, out BtfType types))
            {
                throw new BpfFormatException(source, $"it implements operations of the kernel, but has no BTF that describes them; compile with -g");
            }

            Dictionary<BtfSectionVariable, Dictionary<uint, string>> programs = [];
            BtfSectionVariable[] variables = [.. Enumerable.Range(0, types.Count).Select(types.GetVariable)];
            MapSpec[] specs = [.. variables.Select(variable => Describe(btf, variable, section, source))];
            foreach (ElfRelocation relocation in elf.RelocationsOf(section))
            {
                int index = Array.FindIndex(variables, variable => relocation.Offset >= variable.Offset && relocation.Offset - variable.Offset < variable.Size);
                if (index < 0 || relocation.Offset - variables[index].Offset + PointerSize > variables[index].Size || relocation.Offset + PointerSize > (ulong)section.Data.Length)
                {
                    throw new BpfFormatException(source, $"a pointer to '{relocation.Symbol.Name}' is stored at byte {relocation.Offset} of section '{section.Name}', which is in no variable");
                }

                ulong addend = BinaryPrimitives.ReadUInt64LittleEndian(section.Data.Span[(int)relocation.Offset..]);
                if (!programs.TryGetValue(variables[index], out Dictionary<uint, string>? ofVariable))
                {
                    programs.Add(variables[index], ofVariable = []);
                }

                ofVariable[(uint)relocation.Offset - variables[index].Offset] = programAt(specs[index], relocation.Symbol, addend);
            }

            for (int i = 0; i < variables.Length; i++)
            {
                BtfType structure = btf.Resolve(btf.TypeById(variables[i].TypeId).TypeId);
                byte[] contents = section.Data.Span.Slice((int)variables[i].Offset, (int)variables[i].Size).ToArray();
                Dictionary<uint, string> own = programs.GetValueOrDefault(variables[i]) ?? [];
                foreach (uint place in own.Keys)
                {
                    contents.AsSpan((int)place, PointerSize).Clear();
                }

                string name = Encoding.UTF8.GetString(BtfSpec.EssentialName(Encoding.UTF8.GetBytes(structure.Name)));
                specs[i].StructOps = new StructOpsSpec(name, structure.Id, contents, own);
            }

            maps.AddRange(specs);
        }

        return maps;
    }

    private static MapSpec Describe(BtfSpec btf, BtfSectionVariable place, ElfSection section, string source)
    {
        BtfType variable = btf.TypeById(place.TypeId);
        BtfType structure = btf.Resolve(variable.TypeId);
        if (structure.Kind != BtfKind.Struct || structure.Name.Length == 0 || structure.Size != place.Size || (ulong)place.Offset + place.Size > (ulong)section.Data.Length)
        {
            throw new BpfFormatException(source, $"its variable '{variable.Name}' of section '{section.Name}' is no whole structure with a name");
        }

        // The size of a value is the kernel's.
        return new MapSpec(variable.Name) { Type = BpfMapType.StructOps, KeySize = sizeof(int), MaxEntries = 1 };
    }
}
