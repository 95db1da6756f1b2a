using Sockmap.Traffic;
using Sockmap.Traffic.Interop;
using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;
using Sockmap.Traffic.Streams;

TrafficOptions options;
try
{
    options = TrafficArguments.Parse(args);

    // A socket belongs to the cgroup that its process was in when it was made.
    if (options.Cgroup is { } cgroup)
    {
        Placement.JoinCgroup(cgroup);
    }
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (int)ExitCode.Setup;
}

var controls = new Controls { SendingHeld = options.HoldSending };
var output = new TrafficOutput(Console.OpenStandardOutput());
var clientTarget = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
var session = new Session(options, controls, output, clientTarget);

// setns moves one thread, so the sockets are made by one that does nothing else.
var sockets = new Thread(() =>
{
    if (options.NetworkNamespace is { } path)
    {
        try
        {
            Placement.JoinNetworkNamespace(path);
        }
        catch (SystemCallException e)
        {
            Console.Error.WriteLine(e.Message);
            Environment.Exit((int)ExitCode.Setup);
        }
    }

    session.Run();
});
sockets.Start();

new CommandReader(new StreamReader(Console.OpenStandardInput()), controls, session, output, clientTarget).Run();
if (options.ExitWithStdin)
{
    Environment.Exit((int)ExitCode.Setup);
}

sockets.Join();
return (int)ExitCode.Success;
