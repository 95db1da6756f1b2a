using System.Reflection;
using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>What a BPF object file holds: programs, maps, global data and types. Nothing of it depends on the running kernel.</summary>
/// <remarks>Specs may be changed before they are loaded; reading the same file again gives a fresh one.</remarks>
public sealed class ObjectSpec
{
    // The largest objects of the kernel's own tests have some 10 MB.
    private const long MaxFileSize = 128 << 20;

    internal ObjectSpec(
        string name,
        string license,
        BtfSpec? btf,
        Dictionary<string, ProgramSpec> programs,
        Dictionary<string, MapSpec> maps,
        List<VariableSpec> variables,
        ObjectContents contents)
    {
        Name = name;
        License = license;
        Btf = btf;
        Programs = programs;
        Maps = maps;
        Variables = variables;
        Contents = contents;
    }

    /// <summary>The object's name: of a file its name up to the first dot.</summary>
    public string Name { get; }

    /// <summary>The license that the programs carry; empty where the file tells none. Many helpers want <c>GPL</c>.</summary>
    public string License { get; }

    /// <summary>The object's types, completed so that a recent kernel takes them; null for a file without BTF.</summary>
    public BtfSpec? Btf { get; }

    /// <summary>The programs, by function name.</summary>
    public IReadOnlyDictionary<string, ProgramSpec> Programs { get; }

    /// <summary>The maps, by name; those of data sections are named as libbpf does, such as <c>myobject.rodata</c>.</summary>
    public IReadOnlyDictionary<string, MapSpec> Maps { get; }

    /// <summary>The global variables.</summary>
    public IReadOnlyList<VariableSpec> Variables { get; }

    /// <summary>What linking needs besides.</summary>
    internal ObjectContents Contents { get; }

    /// <summary>Reads an object file.</summary>
    /// <param name="elf">The file's bytes, which are kept and must not change.</param>
    /// <param name="name">The object's name, for messages and for the names of its data maps.</param>
    /// <exception cref="BpfFormatException">The file is damaged, or holds something that is not supported.</exception>
    public static ObjectSpec Read(ReadOnlyMemory<byte> elf, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new ObjectReader(elf, name).Read();
    }

    /// <summary>Reads an object file that an assembly carries as a resource.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="name">The object's name, as <see cref="Read"/> takes it; the resource is <c>NAME.bpf.o</c>.</param>
    /// <exception cref="InvalidOperationException">The assembly was built without it.</exception>
    /// <exception cref="BpfFormatException">The file is damaged, or holds something that is not supported.</exception>
    public static ObjectSpec ReadEmbedded(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrEmpty(name);
        string resource = name + ".bpf.o";
        using Stream stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly was built without {resource}: run bpf/build.sh and build it again.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Read(bytes, name);
    }

    /// <summary>Reads an object file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BpfFormatException">The file is damaged, or holds something that is not supported.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ObjectSpec ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

        // A device or pipe tells no length; reading it might never end.
        if (!file.CanSeek || file.Length > MaxFileSize)
        {
            throw new BpfFormatException(path, file.CanSeek ? $"it has {file.Length} bytes, more than the {MaxFileSize} that an object may have" : "it is no regular file");
        }

        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Read(bytes, path);
    }

    /// <summary>Sets what a global variable starts as.</summary>
    /// <param name="name">The variable's name in C.</param>
    /// <param name="value">Its bytes, as many as the variable has, in the machine's order.</param>
    /// <exception cref="ArgumentException">There is no such variable, there are several, or its size is another.</exception>
    public void SetVariable(string name, ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = VariableBytes(name, out VariableSpec variable);
        if (value.Length != variable.Size)
        {
            throw new ArgumentException($"The variable '{name}' has {variable.Size} bytes, {value.Length} were given.", nameof(value));
        }

        value.CopyTo(bytes);
    }

    /// <summary>What a global variable starts as.</summary>
    /// <param name="name">The variable's name in C.</param>
    /// <exception cref="ArgumentException">There is no such variable, or there are several.</exception>
    public byte[] GetVariable(string name) => VariableBytes(name, out _).ToArray();

    /// <summary>Writes the object's types as a kernel with the given capabilities takes them.</summary>
    /// <param name="kernel">What the kernel takes.</param>
    /// <exception cref="InvalidOperationException">The object has no BTF.</exception>
    public ReadOnlyMemory<byte> EncodeBtf(BtfCapabilities kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return Btf is null
            ? throw new InvalidOperationException($"The BPF object '{Name}' has no BTF; compile it with -g.")
            : BtfDowngrade.Encode(Btf, kernel);
    }

    private Span<byte> VariableBytes(string name, out VariableSpec variable)
    {
        ArgumentNullException.ThrowIfNull(name);
        VariableSpec[] found = [.. Variables.Where(v => v.Name == name)];
        if (found.Length != 1)
        {
            string known = Variables.Count == 0 ? "it has none" : $"it has {string.Join(", ", Variables.Select(v => v.Name).Distinct(StringComparer.Ordinal))}";
            throw new ArgumentException(
                found.Length == 0
                    ? $"The BPF object '{Name}' has no global variable '{name}'; {known}."
                    : $"The BPF object '{Name}' has {found.Length} static variables named '{name}'; give them different names.",
                nameof(name));
        }

        variable = found[0];
        return Maps[variable.MapName].InitialContents.AsSpan(variable.Offset, variable.Size);
    }
}
