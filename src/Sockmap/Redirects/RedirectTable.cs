namespace Sockmap.Redirects;

/// <summary>
/// Which redirects Linux does between which kinds of sockets: sock_map_sk_is_suitable, sock_map_sk_state_allowed and
/// bpf_msg_redirect_map, bpf_sk_redirect_map in net/core/sock_map.c, and unix_dgram_bpf_update_proto in
/// net/unix/unix_bpf.c. Older kernels do less (UDP since 5.13, UNIX since 5.15, VSOCK since 6.4): <see cref="RedirectTrial"/>
/// tries it.
/// </summary>
public static class RedirectTable
{
    /// <summary>The kinds that there is a word for.</summary>
    public static IReadOnlyList<RedirectSocketKind> Kinds { get; } = [.. Enum.GetValues<RedirectSocketKind>().Where(kind => kind != RedirectSocketKind.Other)];

    /// <summary>Every combination of a mode and two kinds.</summary>
    public static IReadOnlyList<RedirectCombination> All { get; } =
        [.. from mode in Enum.GetValues<SockmapRedirectMode>() from source in Kinds from target in Kinds select Find(mode, source, target)];

    /// <summary>What is known of one combination.</summary>
    public static RedirectCombination Find(SockmapRedirectMode mode, RedirectSocketKind from, RedirectSocketKind to)
    {
        string reason = WhyNot(mode, from, to) ?? string.Empty;
        return new RedirectCombination(mode, from, to, reason.Length == 0, reason);
    }

    private static string? WhyNot(SockmapRedirectMode mode, RedirectSocketKind from, RedirectSocketKind to) =>
        !Enum.IsDefined(mode) ? throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such redirect.")
        : WhyNotIn(from, "source") ?? WhyNotIn(to, "target")
        ?? (mode, from, to) switch
        {
            ({ } sends, not RedirectSocketKind.Tcp, _) when sends.TakesSends() =>
                $"the kernel asks a program about what is sent (sk_msg) on TCP sockets only, and the source is {RedirectSocketKinds.Name(from)}: IngressToEgress and IngressToLocal take what comes in at its other end",
            (SockmapRedirectMode.SendToEgress, _, not RedirectSocketKind.Tcp) =>
                $"the kernel sends on what a TCP socket sent through TCP sockets only, and the target is {RedirectSocketKinds.Name(to)}: SendToLocal reaches it, or give its other end as the target of that",
            ({ } local, _, { } vsock) when local.EndsLocally() && vsock.IsVsock() =>
                "the kernel does not put anything into the receive queue of a VSOCK socket: IngressToEgress sends through one",
            _ => null,
        };

    private static string? WhyNotIn(RedirectSocketKind kind, string role) => kind switch
    {
        RedirectSocketKind.Other => $"the {role} is no TCP, UDP, UNIX or VSOCK socket, and the kernel takes no other into a sockmap",
        RedirectSocketKind.UnixSequencedPacket => $"the {role} is a UNIX seqpacket socket, which the kernel does not take into a sockmap: use a stream or datagram socket",
        _ => null,
    };
}
