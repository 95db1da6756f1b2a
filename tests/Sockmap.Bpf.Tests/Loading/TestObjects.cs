using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>The compiled objects beside the tests, and the running kernel's types.</summary>
internal static class TestObjects
{
    private static readonly Lazy<BtfSpec> LazyKernel = new(BtfSpec.LoadKernel);

    public static BtfSpec Kernel => LazyKernel.Value;

    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Folder, "*.bpf.o", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "objects");

    public static string PathOf(string name) => Path.Combine(Folder, name);

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    public static ObjectSpec Read(string name) => ObjectSpec.ReadFile(PathOf(name));

    /// <summary>Links without creating a map: the n-th map gets the descriptor 100 + n.</summary>
    public static ProgramLinker Linker(ObjectSpec spec, BtfSpec? kernel = null, Func<string, ulong?>? symbol = null)
    {
        List<string> names = [.. spec.Maps.Keys];
        return new ProgramLinker(spec, new LinkTarget
        {
            MapDescriptor = name => 100 + names.IndexOf(name),
            KernelBtf = kernel,
            KernelSymbol = symbol,
        });
    }
}
