using Sockmap.Bench;

return args switch
{
    ["listing"] => ListingBenchmark.Run(10_000, 2_000, rounds: 5),
    ["listing", var maps, var programs] => ListingBenchmark.Run(ListingBenchmark.Count(maps), ListingBenchmark.Count(programs), rounds: 5),
    ["list", "maps"] => ListingBenchmark.List(maps: true),
    ["list", "programs"] => ListingBenchmark.List(maps: false),
    ["prof"] => ListingBenchmark.Prof(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Sockmap.Bench listing [maps programs]: lists 10,000 maps and 2,000 programs, and has bpftool -j do so, one after the other. Needs root and bpftool.");
    return 2;
}
