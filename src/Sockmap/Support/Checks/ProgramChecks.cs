using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Policies;
using Sockmap.Policies.Layout;
using Sockmap.Proxies;
using Sockmap.Redirects;

namespace Sockmap.Support.Checks;

/// <summary>
/// What goes beyond a bypass, each with programs of its own: they are loaded, attached to maps that nobody else has, and
/// gone at once.
/// </summary>
internal static class ProgramChecks
{
    public static Finding Policies() => Try(PolicySupport.Remedy, static () =>
    {
        if (PolicySupport.FindObstacle() is { } obstacle)
        {
            return Finding.Unsupported(obstacle, PolicySupport.Remedy);
        }

        PolicyConfig config = default;
        using BpfObject policy = PolicyObject.Load(config, maxEntries: 1);
        using BpfObject gate = PolicyObject.LoadGate(config, new Dictionary<string, BpfMap>(StringComparer.Ordinal));
        return Finding.Supported("The programs of a policy load, beside a bypass and without one.");
    });

    public static Finding Redirects() => Try("Use a newer kernel for New-SockmapRedirect; a bypass works without.", static () =>
    {
        foreach (SockmapRedirectMode mode in Enum.GetValues<SockmapRedirectMode>())
        {
            using RedirectTrial trial = RedirectTrial.Load(mode);
            RedirectTrialResult result = trial.Run(RedirectSocketKind.Tcp, isFromIPv6: false, RedirectSocketKind.Tcp, isToIPv6: false);
            if (result.Works != true)
            {
                return new Finding(
                    result.Works is null ? SupportState.Unknown : SupportState.Unsupported,
                    $"{mode} between TCP sockets ended as {result.Outcome}: {result.Detail}",
                    "See with Test-SockmapRedirect which redirects work here.");
            }
        }

        return Finding.Supported("Each of the four redirects works between TCP sockets; Test-SockmapRedirect tries every kind.");
    });

    public static Finding Proxies() => Try("Use a newer kernel for splicing; until then Start-SockmapProxy copies, and says so.", static () =>
    {
        using SpliceEngine engine = SpliceEngine.Load(connections: 1);
        return Finding.Supported("The program that splices a proxy's connections loads and attaches.");
    });

    private static Finding Try(string remedy, Func<Finding> check)
    {
        try
        {
            return check();
        }
        catch (Exception e) when (ExpectedFailure.IsRefusal(e))
        {
            return Finding.Unsupported(e.Message, remedy);
        }
    }
}
