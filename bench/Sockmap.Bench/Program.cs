using Sockmap.Bench;

return args switch
{
    ["listing"] => ListingBenchmark.Run(10_000, 2_000, rounds: 5),
    ["listing", var maps, var programs] => ListingBenchmark.Run(ListingBenchmark.Count(maps), ListingBenchmark.Count(programs), rounds: 5),
    ["list"] => ListingBenchmark.List(),
    ["entries"] => EntriesBenchmark.Run(60_000, rounds: 11),
    ["policy"] => PolicyBenchmark.Run(rounds: 9),
    ["control", var scripts, var naive, var command] => ControlBenchmark.Run(scripts, naive, command, rounds: 9),
    ["messages", var command, var naive] => MessagesBenchmark.Run(command, naive),
    ["import", var powerShell, var manifest] => ImportBenchmark.Run(powerShell, manifest, rounds: 9),
    ["programs", var objects] => ProgramsBenchmark.Run(objects, rounds: 7),
    ["proxy", var command] => ProxyBenchmark.Run(command, rounds: 9),
    ["plain-proxy", var port, var target] => ProxyBenchmark.Plain(ListingBenchmark.Count(port), ListingBenchmark.Count(target)),
    ["hold-sockets", var cgroup, var count] => EntriesBenchmark.HoldSockets(cgroup, ListingBenchmark.Count(count)),
    ["list-entries", var name] => EntriesBenchmark.List(name),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Sockmap.Bench listing [maps programs]: lists 10,000 maps and 2,000 programs, and has bpftool -j do so, one after the other.");
    Console.Error.WriteLine("Sockmap.Bench entries: lists 60,000 sockets of a bypass with their processes, and has bpftool dump their map.");
    Console.Error.WriteLine("Sockmap.Bench policy: what a policy of 0, 10 and 1,000 rules costs a message.");
    Console.Error.WriteLine("Sockmap.Bench control SCRIPTS NAIVE COMMAND: install, status and remove, by us and by scripts around bpftool (bench/run knows the paths).");
    Console.Error.WriteLine("Sockmap.Bench programs OBJECTS: what a message and a connection cost in our programs, a naive one and an empty one.");
    Console.Error.WriteLine("Sockmap.Bench messages COMMAND NAIVE: round trips, streams and connections a second, by sockmap bench.");
    Console.Error.WriteLine("Sockmap.Bench import PWSH MANIFEST: what importing the module adds to a start of PowerShell.");
    Console.Error.WriteLine("Sockmap.Bench proxy COMMAND: bytes through our proxy, socat, systemd-socket-proxyd and a plain loop (needs these two programs).");
    Console.Error.WriteLine("All need root and bpftool.");
    return 2;
}
