using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using SockmapPS.Errors;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>What the cmdlets for the kernel's bpf objects share: one look at the kernel, one way to find a pin, one way to tell errors.</summary>
public abstract class BpfCommand : SockmapCommand
{
    private BpfInventory? _inventory;

    /// <summary>One look at the kernel for the whole pipeline: pins and holders are found once.</summary>
    private protected BpfInventory Inventory => _inventory ??= new(Options);

    /// <summary>Problems with one object become errors, and the listing goes on.</summary>
    private protected BpfInventoryOptions Options => new()
    {
        Problem = problem => WriteError(problem.ToErrorRecord(null)),
        Log = WriteVerbose,
    };

    /// <summary>Whether the cmdlet changes something in the kernel, which decides what some errors mean.</summary>
    private protected virtual bool Changes => false;

    /// <summary>Does something that may fail for one object; the error is written, and the pipeline goes on.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="target">What an error is about.</param>
    private protected void Try(Action work, object? target)
    {
        ThrowIfStopped();
        try
        {
            work();
        }
        catch (Exception exception) when (BpfErrorRecord.IsExpected(exception))
        {
            WriteError(exception.ToErrorRecord(target, Changes));
        }
    }

    /// <summary>Emits what a listing gives; when the listing itself is not allowed, nothing more can be done.</summary>
    private protected void WriteAll<T>(IEnumerable<T> listing, Func<T, bool> wanted)
    {
        try
        {
            foreach (T item in listing)
            {
                ThrowIfStopped();
                if (wanted(item))
                {
                    WriteObject(item);
                }
            }
        }
        catch (BpfException exception)
        {
            ThrowTerminatingError(exception.ToErrorRecord(null));
        }
    }

    /// <summary>The path of a pin or of another file, from the session's location; PSPath of Get-Item has the provider in front.</summary>
    private protected string ResolveFile(string path)
    {
        int provider = path.IndexOf("::", StringComparison.Ordinal);
        return ResolveFolder(provider >= 0 ? path[(provider + 2)..] : path);
    }

    /// <summary>Ends the cmdlet when Ctrl+C was pressed.</summary>
    private protected void ThrowIfStopped()
    {
        if (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Writes an error for each text that was given without wildcards and was met nowhere.</summary>
    /// <param name="filter">What was given; null for nothing.</param>
    /// <param name="sentence">What is wrong, of the text.</param>
    private protected void WriteMissing(TextFilter? filter, Func<string, string> sentence)
    {
        foreach (string text in filter?.Missing ?? [])
        {
            WriteError(new BpfException(sentence(text), Errno.ENOENT).ToErrorRecord(text));
        }
    }
}
