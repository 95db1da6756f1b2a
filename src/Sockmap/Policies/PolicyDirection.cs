namespace Sockmap.Policies;

/// <summary>Which data of a socket a rule is about.</summary>
public enum PolicyDirection
{
    /// <summary>What it sends, judged message by message.</summary>
    Egress,

    /// <summary>What comes to it, judged packet by packet.</summary>
    Ingress,
}
