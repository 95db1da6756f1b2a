using System.Collections.Concurrent;

namespace Sockmap.Cli.Demo;

/// <summary>
/// The parent, seen from a process of the demo. When the parent ends, however it ends, standard input does too, and this
/// process with it, whatever its other threads wait for.
/// </summary>
internal sealed class ParentLink
{
    private readonly BlockingCollection<string> lines = [];
    private readonly TextWriter output;

    /// <summary>Begins to read standard input.</summary>
    public ParentLink(TextWriter output)
    {
        this.output = output;
        Thread reader = new(Listen) { IsBackground = true, Name = "parent" };
        reader.Start();
    }

    /// <summary>Waits for a line.</summary>
    public string Read() => lines.Take();

    /// <summary>Answers with a line.</summary>
    public void Write(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    private void Listen()
    {
        while (Console.In.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        Environment.Exit((int)ExitCode.Done);
    }
}
