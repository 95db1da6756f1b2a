using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Does with a damaged file all that comes before the kernel, and asserts that it ends in time, with little memory, and with no error but the right ones.</summary>
internal static class DamagedObject
{
    // Not how fast it should be, nor how little it should take: what a hang or a leak would exceed.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);
    private const long Gluttony = 512L << 20;

    public static async Task Use(byte[] file, CancellationToken stop)
    {
        long allocated = await Task.Run(() => Measure(file), stop).WaitAsync(Hang, stop);
        Assert.InRange(allocated, 0, Gluttony);
    }

    private static long Measure(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        UseAll(file);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void UseAll(byte[] file)
    {
        try
        {
            ObjectSpec spec = ObjectSpec.Read(file, "mutant");
            if (spec.Btf is not null)
            {
                _ = spec.EncodeBtf(BtfCapabilities.All);
                _ = spec.EncodeBtf(new BtfCapabilities { Functions = false, DataSections = false, Enum64 = false, TypeTags = false, DeclarationTags = false, Floats = false });
            }

            if (spec.Contents.SettingsMap is { InitialContents: { } settings })
            {
                _ = KernelSettings.Fill([.. spec.Contents.Settings.Values], settings, () => new MemoryStream("CONFIG_NET=y\nCONFIG_HZ=250\nCONFIG_CC_VERSION_TEXT=\"a\"\n"u8.ToArray()));
            }

            foreach (MapSpec map in spec.Maps.Values)
            {
                Assert.All(map.InitialValues.Values, name => Assert.True(map.IsMapOfMaps ? spec.Maps.ContainsKey(name) : spec.Programs.ContainsKey(name)));
            }

            Link(spec);
        }
        catch (BpfFormatException error)
        {
            Assert.Contains("'mutant'", error.Message, StringComparison.Ordinal);
        }
    }

    private static void Link(ObjectSpec spec)
    {
        ProgramLinker linker = TestObjects.Linker(spec, TestObjects.Kernel, _ => null);
        foreach (ProgramSpec program in spec.Programs.Values)
        {
            try
            {
                _ = linker.Link(program.Name);
                if (program.NeedsAttachTypeId)
                {
                    _ = AttachTargets.Find(program, TestObjects.Kernel);
                }
            }
            catch (Exception error) when (error is BpfFormatException or BpfRelocationException)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }
}
