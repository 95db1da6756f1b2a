namespace Sockmap.Bypasses;

/// <summary>What an install came to.</summary>
public enum InstallOutcome
{
    /// <summary>It was not there and now is.</summary>
    Installed,

    /// <summary>It was there with these very settings; nothing was changed.</summary>
    AlreadyInstalled,

    /// <summary>What an install or removal that did not end had left was taken away, and it was installed anew.</summary>
    Repaired,

    /// <summary>It was there with other settings and was replaced.</summary>
    Replaced,
}
