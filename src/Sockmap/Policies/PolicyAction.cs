namespace Sockmap.Policies;

/// <summary>What a rule does with a message.</summary>
public enum PolicyAction
{
    /// <summary>Lets it through. Whether a bypass may redirect it is the policy's default action's to say.</summary>
    Pass,

    /// <summary>
    /// Egress: the call that sends fails with EACCES, and no byte is sent. Ingress: packets with data are not taken, so that
    /// the sender keeps them and sends them again until its time runs out (ETIMEDOUT), or the rule is gone.
    /// </summary>
    Drop,

    /// <summary>Lets it through, and a bypass may redirect it whatever the default action is. For Egress.</summary>
    Bypass,

    /// <summary>Lets it through over TCP only: no bypass redirects it. For Egress.</summary>
    NoBypass,
}
