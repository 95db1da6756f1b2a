using System.Management.Automation;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands.Bpf;

/// <summary>A cmdlet that lists one kind of object, or selects by name or id.</summary>
/// <typeparam name="T">What it emits.</typeparam>
public abstract class BpfQueryCommand<T> : BpfCommand
    where T : class
{
    /// <summary>The set of parameters that selects from a listing.</summary>
    protected const string QuerySet = "Query";

    /// <summary>The set of parameters that selects by id.</summary>
    protected const string IdSet = "Id";

    /// <summary>The set of parameters that other objects of the pipeline bind to.</summary>
    protected const string ReferenceSet = "Reference";

    /// <summary>Names and wildcards; every object where none is given.</summary>
    [Parameter(Position = 0, ParameterSetName = QuerySet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BpfObjectCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(BpfObjectCompleter))]
    public uint[]? Id { get; set; }

    /// <summary>The word for the kind of object.</summary>
    private protected abstract string Word { get; }

    /// <summary>The ids that an object of the pipeline refers to.</summary>
    private protected abstract uint[]? ReferredIds { get; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case IdSet:
                WriteIds(Id);
                break;
            case ReferenceSet:
                // 0 stands for none: a link whose map is gone, a program without BTF.
                WriteIds(ReferredIds?.Where(static id => id != 0));
                break;
            default:
                WriteMatching();
                break;
        }
    }

    private protected abstract IEnumerable<T> All();

    private protected abstract T ById(uint id);

    private protected abstract string NameOf(T item);

    private protected abstract bool IsWanted(T item);

    private void WriteIds(IEnumerable<uint>? ids)
    {
        foreach (uint id in ids ?? [])
        {
            Try(() => WriteObject(ById(id)), id);
        }
    }

    private void WriteMatching()
    {
        TextFilter? names = TextFilter.Of(Name);
        WriteAll(All(), item => names?.IsMatch(NameOf(item)) != false && IsWanted(item));
        WriteMissing(names, name => $"There is no {Word} with the name '{name}'");
    }
}
