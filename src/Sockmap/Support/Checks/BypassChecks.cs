using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses;
using Sockmap.Support.Experiments;

namespace Sockmap.Support.Checks;

/// <summary>
/// The checks that need our own programs in the kernel. They are loaded when the first check asks, once, and are gone
/// when this is disposed.
/// </summary>
internal sealed class BypassChecks : IDisposable
{
    private const string NotLoaded = "The bypass's programs do not load, so that it could not be tried.";
    private const string LoadFirst = "See BypassPrograms.";

    private readonly Lazy<ulong> _wokenWakeFunction = new(ReaderSymbol.FindAddress);
    private ExperimentBench? _bench;
    private bool _isTried;
    private Exception? _exactFailure;
    private Exception? _lastFailure;

    public Finding BypassPrograms()
    {
        Load();
        return _lastFailure is null
            ? Finding.Supported(_exactFailure is null ? "All programs load, with the exact verdict." : "All programs load, with the probing verdict.")
            : new Finding(
                ExpectedFailure.IsRefusal(_lastFailure) ? SupportState.Unsupported : SupportState.Unknown,
                _lastFailure.Message,
                ExpectedFailure.IsRefusal(_lastFailure) ? "Mend what the checks above name; where they name nothing, please report this kernel with its verifier's message." : Finding.RunAsRoot);
    }

    public Finding RedirectWorks()
    {
        if (_bench is null)
        {
            return Finding.Unknown(NotLoaded, LoadFirst);
        }

        using LoopbackPair pair = _bench.ConnectBypassed();
        return RedirectTest.Run(_bench, pair);
    }

    public Finding CastKfuncs()
    {
        const string KernelRemedy = "Use a newer kernel (mainline has them since 6.2); until then the probing verdict is used, which costs a little more a message.";
        Load();
        if (_exactFailure is null)
        {
            return Finding.Supported("bpf_cast_to_kern_ctx and bpf_rdonly_cast are there: the exact verdict loads.");
        }

        // Only where the probing verdict loads is it the casts that are missing.
        return _lastFailure is null ? Finding.Unsupported(_exactFailure.Message, KernelRemedy) : Finding.Unknown(NotLoaded, LoadFirst);
    }

    public Finding Symbols() => _wokenWakeFunction.Value != 0
        ? Finding.Supported($"The address of {ReaderSymbol.Name} can be read.")
        : Finding.Unsupported(
            $"The address of {ReaderSymbol.Name} is hidden: sockets that wait in epoll stay on TCP.",
            "Set it free before installing: sysctl kernel.kptr_restrict=0, or 1 and CAP_SYSLOG.");

    public Finding Observe(Experiment experiment) => _bench is null
        ? Finding.Unknown(NotLoaded, LoadFirst)
        : ExperimentRun.Run(_bench, experiment);

    /// <inheritdoc/>
    public void Dispose() => _bench?.Dispose();

    private void Load()
    {
        if (_isTried)
        {
            return;
        }

        _isTried = true;
        _bench = TryLoad(BypassVariant.Exact, out _exactFailure);
        _lastFailure = _exactFailure;
        if (_exactFailure is VerifierException or BpfRelocationException or UnsupportedFeatureException)
        {
            // As an install does.
            _bench = TryLoad(BypassVariant.Probing, out _lastFailure);
        }
    }

    private ExperimentBench? TryLoad(BypassVariant variant, out Exception? failure)
    {
        failure = null;
        try
        {
            return ExperimentBench.Load(variant, _wokenWakeFunction.Value);
        }
        catch (Exception e) when (ExpectedFailure.Is(e))
        {
            failure = e;
            return null;
        }
    }
}
