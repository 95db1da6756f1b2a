using Sockmap.Redirects;
using Sockmap.Redirects.Layout;
using Sockmap.Tests.Support;

namespace Sockmap.Tests.Redirects;

/// <summary>What redirects share with their programs, against bpf/redirect.h.</summary>
public sealed class RedirectLayoutTests
{
    private const string Programs = "#include \"redirect.h\"";

    [Fact]
    public void TheSettingsLieAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<RedirectConfig>("redirect_config", new()
    {
        ["Layout"] = "layout",
        ["Mode"] = "mode",
        ["QueueLimit"] = "queue_limit",
        ["CreatedAt"] = "created_at",
        ["SourceCookie"] = "source_cookie",
        ["Options"] = "options",
        ["_reserved"] = "reserved",
    }));

    [Fact]
    public void TheCountersLieAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<RedirectCounters>("redirect_counters", new()
    {
        ["RedirectedMessages"] = "redirected_messages",
        ["RedirectedBytes"] = "redirected_bytes",
        ["RefusedMessages"] = "refused_messages",
        ["RefusedBytes"] = "refused_bytes",
        ["KeptMessages"] = "kept_messages",
        ["KeptBytes"] = "kept_bytes",
        ["DroppedMessages"] = "dropped_messages",
        ["DroppedBytes"] = "dropped_bytes",
    }));

    [Fact]
    public void ARowLiesAsInThePrograms() => LayoutTests.Compare(Programs, LayoutTests.OffsetsOf<RedirectRow>("redirect_row", new()
    {
        ["Socket"] = "socket",
        ["_hasMessages"] = "has_messages",
        ["HeldBuffers"] = "held_buffers",
        ["HeldBytes"] = "held_bytes",
        ["References"] = "references",
        ["ReceivedBuffers"] = "received_buffers",
    }));

    [Fact]
    public void TheConstantsAreThoseOfThePrograms()
    {
        Dictionary<string, long> expected = new(StringComparer.Ordinal)
        {
            ["REDIRECT_LAYOUT"] = RedirectConfig.CurrentLayout,
            ["COURSE_STOPPED"] = (long)RedirectCourse.Stopped,
            ["COURSE_STAYS"] = (long)RedirectCourse.Stays,
            ["COURSE_OVERRUN"] = (long)RedirectCourse.Overrun,
            ["REDIRECT_MAY_DROP"] = (long)RedirectOptions.MayDrop,
            ["REDIRECT_HOLDS_SENDER"] = (long)RedirectOptions.HoldsSender,
            ["SEND_TO_LOCAL"] = (long)SockmapRedirectMode.SendToLocal,
            ["SEND_TO_EGRESS"] = (long)SockmapRedirectMode.SendToEgress,
            ["INGRESS_TO_EGRESS"] = (long)SockmapRedirectMode.IngressToEgress,
            ["INGRESS_TO_LOCAL"] = (long)SockmapRedirectMode.IngressToLocal,
        };
        LayoutTests.Compare(Programs, expected);
    }
}
