using System.Globalization;
using Sockmap.Traffic.Reporting;
using Sockmap.Traffic.Streams;

namespace Sockmap.Traffic;

/// <summary>Obeys the lines on standard input.</summary>
internal sealed class CommandReader(TextReader input, Controls controls, Session session, TrafficOutput output, TaskCompletionSource<int> clientTarget)
{
    /// <summary>Returns at the end of the input.</summary>
    public void Run()
    {
        while (input.ReadLine() is { } line)
        {
            switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                case ["pause-reading"]:
                    controls.ReadingPaused = true;
                    break;
                case ["resume-reading"]:
                    controls.ReadingPaused = false;
                    break;
                case ["pause-sending"]:
                    controls.SendingHeld = true;
                    break;
                case ["resume-sending"]:
                    controls.SendingHeld = false;
                    break;
                case ["stop"]:
                    controls.Stopping = true;
                    break;
                case ["shutdown"]:
                    controls.MayShutdown = true;
                    break;
                case ["status"]:
                    output.Write(new TrafficLine { Status = session.Report() });
                    break;
                case ["port", var port] when int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                    clientTarget.TrySetResult(number);
                    break;
                case []:
                    break;
                default:
                    Console.Error.WriteLine(
                        $"'{line}' is no command; there are pause-reading, resume-reading, pause-sending, resume-sending, stop, shutdown, status and port N.");
                    Environment.Exit((int)ExitCode.Setup);
                    break;
            }
        }
    }
}
