using System.Globalization;
using System.Runtime.ExceptionServices;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>
/// Damaged files for as long as one likes, other ones in each run:
/// <c>SOCKMAP_FUZZ_MINUTES=10 dotnet run --project tests/Sockmap.Bpf.Tests -- -explicit only -class Sockmap.Bpf.Tests.Loading.FuzzTests</c>.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const string MinutesVariable = "SOCKMAP_FUZZ_MINUTES";

    [Fact(Explicit = true)]
    public async Task Damage_of_all_kinds()
    {
        double minutes = double.Parse(Environment.GetEnvironmentVariable(MinutesVariable) ?? "1", CultureInfo.InvariantCulture);
        int seed = Random.Shared.Next();
        Random choose = new(seed);
        Mutator mutator = new(seed);
        List<byte[]> objects = [.. TestObjects.Names.Select(TestObjects.Bytes)];
        long end = Environment.TickCount64 + (long)(minutes * 60_000);
        int rounds = 0;
        for (; Environment.TickCount64 < end; rounds++)
        {
            byte[] file = mutator.Mutate(objects[choose.Next(objects.Count)], objects[choose.Next(objects.Count)]);
            try
            {
                await DamagedObject.Use(file, TestContext.Current.CancellationToken);
            }
            catch (Exception fault)
            {
                string path = Path.Combine(Path.GetTempPath(), $"sockmap-fuzz-{seed}-{rounds}.o");
                await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
                output.WriteLine($"Seed {seed}, round {rounds}: the file is kept as {path}.");
                ExceptionDispatchInfo.Throw(fault);
            }
        }

        output.WriteLine($"{rounds} files with seed {seed}.");
    }
}
