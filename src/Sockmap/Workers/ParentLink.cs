using System.Collections.Concurrent;

namespace Sockmap.Workers;

/// <summary>
/// The parent, seen from a worker. When the parent ends, however it ends, standard input does too, and this process with
/// it, whatever its other threads wait for.
/// </summary>
public sealed class ParentLink
{
    private readonly BlockingCollection<string> _lines = [];
    private readonly TextReader _input;
    private readonly TextWriter _output;

    /// <summary>Begins to read the parent's lines.</summary>
    public ParentLink(TextReader input, TextWriter output)
    {
        _input = input;
        _output = output;
        Thread reader = new(Listen) { IsBackground = true, Name = "parent" };
        reader.Start();
    }

    /// <summary>Waits for a line.</summary>
    public string Read() => _lines.Take();

    /// <summary>Answers with a line.</summary>
    public void Write(string line)
    {
        _output.WriteLine(line);
        _output.Flush();
    }

    private void Listen()
    {
        while (_input.ReadLine() is { } line)
        {
            _lines.Add(line);
        }

        Environment.Exit(0);
    }
}
