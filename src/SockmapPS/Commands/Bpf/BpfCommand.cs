using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using SockmapPS.Errors;

namespace SockmapPS.Commands.Bpf;

/// <summary>What the cmdlets that look at the kernel's bpf objects share.</summary>
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

    /// <summary>Does something that may fail for one object; the error is written, and the pipeline goes on.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="target">What an error is about.</param>
    private protected void Try(Action work, object? target)
    {
        try
        {
            work();
        }
        catch (Exception exception) when (exception is BpfException or InvalidDataException)
        {
            WriteError(exception.ToErrorRecord(target));
        }
    }

    /// <summary>Emits what a listing gives; when the listing itself is not allowed, nothing more can be done.</summary>
    private protected void WriteAll<T>(IEnumerable<T> listing, Func<T, bool> wanted)
    {
        try
        {
            foreach (T item in listing)
            {
                if (StopToken.IsCancellationRequested)
                {
                    throw new PipelineStoppedException();
                }

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

    /// <summary>The path of a pin, from the session's location; PSPath of Get-Item has the provider in front.</summary>
    private protected string ResolvePin(string path)
    {
        int provider = path.IndexOf("::", StringComparison.Ordinal);
        return ResolveFolder(provider >= 0 ? path[(provider + 2)..] : path);
    }

    /// <summary>Whether a text is one of the patterns; case matters, as it does in the kernel. No patterns: it is.</summary>
    private protected static bool IsLike(string text, WildcardPattern[]? patterns) =>
        patterns is null || Array.Exists(patterns, pattern => pattern.IsMatch(text));

    /// <summary>Compiles patterns; null for none.</summary>
    private protected static WildcardPattern[]? Compile(string[]? patterns, WildcardOptions options = WildcardOptions.CultureInvariant) =>
        patterns is null ? null : Array.ConvertAll(patterns, pattern => new WildcardPattern(pattern, options));
}
