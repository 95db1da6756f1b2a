using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>Finds what the kernel's own BTF does not have in that of its modules.</summary>
/// <remarks>
/// Nothing is read before the first question. One module is read at a time, and only those that had an answer are kept
/// and held open, so that the memory does not grow with the number of modules. Not for several threads at a time.
/// </remarks>
public sealed class KernelModules : IDisposable
{
    /// <summary>How the kernel itself is called among its modules.</summary>
    internal const string KernelName = "vmlinux";

    private readonly BtfSpec _kernel;
    private readonly Dictionary<(string Name, BtfKind Kind), ModuleType[]> _known = [];
    private readonly Dictionary<uint, (BtfObject Object, BtfSpec Types)> _kept = [];
    private List<uint>? _ids;

    /// <summary>Makes a finder; asks the kernel nothing yet.</summary>
    /// <param name="kernel">The kernel's own types, which those of modules refer to.</param>
    public KernelModules(BtfSpec kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        _kernel = kernel;
    }

    /// <summary>Whether the kernel did not let this process see its modules' BTF (it takes CAP_SYS_ADMIN), so that nothing is found.</summary>
    public bool IsHidden { get; private set; }

    /// <summary>The types of all modules with a given name and kind.</summary>
    /// <param name="name">The whole name, as in C.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="module">The name of the only module to look in, such as <c>nf_conntrack</c>; null for all.</param>
    /// <exception cref="BpfFormatException">A module's BTF is damaged.</exception>
    /// <exception cref="BpfException">The kernel refused to show it for another reason than missing privilege.</exception>
    public IEnumerable<ModuleType> Find(string name, BtfKind kind, string? module = null) =>
        Known(name, kind, types => types.FindAll(name).Where(t => t.Kind == kind)).Where(t => module is null || t.Types.Name == module);

    /// <summary>The types of all modules with a given name, of any kind, flavours (from the last <c>___</c> on) ignored.</summary>
    /// <param name="essentialName">A name; its own flavour is ignored too.</param>
    /// <exception cref="BpfFormatException">A module's BTF is damaged.</exception>
    /// <exception cref="BpfException">The kernel refused to show it for another reason than missing privilege.</exception>
    public IEnumerable<ModuleType> FindFlavours(string essentialName) => Known(essentialName, BtfKind.Void, types => types.FindFlavours(essentialName));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((BtfObject held, BtfSpec _) in _kept.Values)
        {
            held.Dispose();
        }

        _kept.Clear();
        _known.Clear();
    }

    /// <summary>What a message that something is missing has to add: nothing, or that modules may have it and could not be seen.</summary>
    internal static string Reservation(KernelModules? modules) =>
        modules is { IsHidden: true } ? "; its modules' BTF cannot be read without CAP_SYS_ADMIN" : "";

    private ModuleType[] Known(string name, BtfKind kind, Func<BtfSpec, IEnumerable<BtfType>> find)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_known.TryGetValue((name, kind), out ModuleType[]? found))
        {
            found = [.. Ids().SelectMany(id => FindIn(id, find))];
            _known.Add((name, kind), found);
        }

        return found;
    }

    private List<ModuleType> FindIn(uint id, Func<BtfSpec, IEnumerable<BtfType>> find)
    {
        if (_kept.TryGetValue(id, out (BtfObject Object, BtfSpec Types) kept))
        {
            return [.. find(kept.Types).Select(t => new ModuleType(t, kept.Types, kept.Object))];
        }

        if (TryOpen(id) is not { } module)
        {
            return [];
        }

        bool keep = false;
        try
        {
            BtfSpec types = BtfSpec.Parse(module.GetData(), module.GetInfo().Name, _kernel);
            List<ModuleType> found = [.. find(types).Select(t => new ModuleType(t, types, module))];
            if (found.Count > 0)
            {
                _kept.Add(id, (module, types));
                keep = true;
            }

            return found;
        }
        finally
        {
            if (!keep)
            {
                module.Dispose();
            }
        }
    }

    /// <summary>The ids of the modules' BTF objects, without those that processes loaded.</summary>
    private List<uint> Ids()
    {
        if (_ids is not null)
        {
            return _ids;
        }

        List<uint> ids = [];
        try
        {
            foreach (uint id in BtfObject.EnumerateIds())
            {
                using BtfObject? candidate = TryOpen(id);
                if (candidate?.GetInfo() is { IsKernel: true, Name: not KernelName })
                {
                    ids.Add(id);
                }
            }
        }
        catch (BpfException error) when (error.Errno is Errno.EPERM or Errno.EACCES)
        {
            IsHidden = true;
        }
        catch (BpfException error) when (error.Errno is Errno.EINVAL or Errno.E2BIG)
        {
            // A kernel before 5.11, whose modules have no BTF: it knows neither the listing nor the names.
        }

        _ids = ids;
        return ids;
    }

    /// <summary>Opens a BTF object; null where it is gone by now.</summary>
    private static BtfObject? TryOpen(uint id)
    {
        try
        {
            return BtfObject.OpenById(id);
        }
        catch (BpfException error) when (error.Errno == Errno.ENOENT)
        {
            return null;
        }
    }
}
