using Sockmap.Bpf;
using Sockmap.Support.Checks;
using Sockmap.Support.Experiments;

namespace Sockmap.Support;

/// <summary>
/// Finds out by trying whether this machine can have a bypass, and how sockets in one behave on its kernel: never by a
/// version number.
/// </summary>
public static class SupportProbe
{
    /// <summary>What is tried on bypassed sockets, in the order of its checks.</summary>
    internal static IReadOnlyList<Experiment> Experiments { get; } =
    [
        new FionReadExperiment(),
        new EdgeTriggeredEpollExperiment(),
        new SpliceExperiment(),
        new MsgWaitAllExperiment(),
        new SpuriousWakeExperiment(),
        new OutOfBandExperiment(),
        new ZeroCopyExperiment(),
        new TcpInfoExperiment(),
        new CloseWithUnreadDataExperiment(),
        new ReceiverChargedExperiment(),
        new KernelTlsExperiment(),
    ];

    /// <summary>
    /// Runs all checks, one after the other while they are enumerated: the required ones first, then the optional ones,
    /// then the behaviours. They take about a second in all.
    /// </summary>
    /// <remarks>
    /// It makes connections over 127.0.0.1 within this process, and for a moment links a program that does nothing to the
    /// cgroup. Nothing is pinned, and nothing is left when the enumeration ends. Missing privileges are no error here:
    /// what cannot be tried without them is <see cref="SupportState.Unknown"/>.
    /// </remarks>
    /// <param name="cgroup">The folder of the cgroup that a bypass is wanted for; null for the root of the cgroup v2 mount.</param>
    /// <param name="cancellationToken">Ends the enumeration between two checks.</param>
    /// <exception cref="ArgumentException"><paramref name="cgroup"/> is empty.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; thrown while enumerating.</exception>
    public static IEnumerable<SupportCheck> Run(string? cgroup = null, CancellationToken cancellationToken = default)
    {
        if (cgroup is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(cgroup);
        }

        return Enumerate(cgroup, cancellationToken);
    }

    private static IEnumerable<SupportCheck> Enumerate(string? cgroup, CancellationToken cancellationToken)
    {
        using BypassChecks bypass = new();
        foreach ((string name, SupportNeed need, Func<Finding> check) in List(cgroup, bypass))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Try(name, need, check);
        }
    }

    private static IEnumerable<(string Name, SupportNeed Need, Func<Finding> Check)> List(string? cgroup, BypassChecks bypass)
    {
        yield return ("Privileges", SupportNeed.Required, MachineChecks.Privileges);
        yield return ("BpfSystemCall", SupportNeed.Required, KernelChecks.BpfSystemCall);
        yield return ("CgroupMount", SupportNeed.Required, () => MachineChecks.CgroupMount(cgroup));
        yield return ("BpfFileSystem", SupportNeed.Required, MachineChecks.BpfFileSystem);
        yield return ("KernelBtf", SupportNeed.Required, KernelChecks.KernelBtf);
        yield return ("SockHash", SupportNeed.Required, KernelChecks.SockHash);
        yield return ("SkStorage", SupportNeed.Required, KernelChecks.SkStorage);
        yield return ("SockOpsProgram", SupportNeed.Required, KernelChecks.SockOpsProgram);
        yield return ("SkMsgProgram", SupportNeed.Required, KernelChecks.SkMsgProgram);
        yield return ("NetnsCookie", SupportNeed.Required, KernelChecks.NetnsCookie);
        yield return ("SockmapIterator", SupportNeed.Required, KernelChecks.SockmapIterator);
        yield return ("CgroupLink", SupportNeed.Required, () => KernelChecks.CgroupLink(cgroup));
        yield return ("BypassPrograms", SupportNeed.Required, bypass.BypassPrograms);
        yield return ("RedirectWorks", SupportNeed.Required, bypass.RedirectWorks);
        yield return ("CastKfuncs", SupportNeed.Optional, bypass.CastKfuncs);
        yield return ("SockmapLink", SupportNeed.Optional, KernelChecks.SockmapLink);
        yield return ("KernelSymbols", SupportNeed.Optional, bypass.Symbols);
        yield return ("Jit", SupportNeed.Optional, KernelChecks.Jit);
        yield return ("Policies", SupportNeed.Optional, ProgramChecks.Policies);
        yield return ("Redirects", SupportNeed.Optional, ProgramChecks.Redirects);
        yield return ("SplicedProxies", SupportNeed.Optional, ProgramChecks.Proxies);
        foreach (Experiment experiment in Experiments)
        {
            yield return (experiment.Name, SupportNeed.Behavior, () => bypass.Observe(experiment));
        }
    }

    private static SupportCheck Try(string name, SupportNeed need, Func<Finding> check)
    {
        try
        {
            Finding finding = check();
            return new SupportCheck(name, need, finding.State, EndSentence(finding.Detail), finding.Remedy);
        }
        catch (Exception e) when (ExpectedFailure.Is(e))
        {
            return new SupportCheck(
                name,
                need,
                SupportState.Unknown,
                EndSentence($"It could not be tried: {e.Message}"),
                e is BpfException { Errno: Errno.EPERM or Errno.EACCES } ? Finding.RunAsRoot : "Mend what the message names, then check again.");
        }
    }

    // Messages of the kernel's errors end without a full stop.
    private static string EndSentence(string text) => text.EndsWith('.') ? text : $"{text}.";
}
