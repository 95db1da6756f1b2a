using Sockmap.Bypasses;
using Sockmap.Cli.Demo;

namespace Sockmap.Cli.Tests;

public sealed class ExitCodesTests
{
    private static readonly Dictionary<BypassError, int> Expected = new()
    {
        [BypassError.InvalidSetting] = 2,
        [BypassError.BypassNotFound] = 3,
        [BypassError.BypassSettingsDiffer] = 4,
        [BypassError.BypassNotActive] = 1,
        [BypassError.EntryNotFound] = 3,
        [BypassError.EntryNotDrained] = 1,
        [BypassError.ConnectionNotFound] = 3,
        [BypassError.ConnectionNotTaken] = 1,
        [BypassError.SocketNotAccessible] = 1,
        [BypassError.BypassForeign] = 4,
        [BypassError.BypassLocked] = 8,
        [BypassError.TooManyWatchers] = 8,
        [BypassError.CgroupNotFound] = 3,
        [BypassError.NotACgroup] = 2,
        [BypassError.CgroupNotUsable] = 1,
        [BypassError.BypassNotProvable] = 1,
        [BypassError.NotMeasurable] = 1,
        [BypassError.WorkerFailed] = 1,
        [BypassError.ProxyNotFound] = 3,
        [BypassError.ProxyExists] = 8,
        [BypassError.ProxyNotStopped] = 1,
        [BypassError.AddressNotUsable] = 1,
        [BypassError.NoCgroupMount] = 7,
        [BypassError.NoBpfFileSystem] = 7,
        [BypassError.PermissionDenied] = 6,
        [BypassError.KernelUnsupported] = 7,
        [BypassError.KernelRefused] = 1,
        [BypassError.RedirectNotFound] = 3,
        [BypassError.RedirectExists] = 4,
        [BypassError.RedirectForeign] = 4,
        [BypassError.RedirectUnsupported] = 7,
        [BypassError.SocketNotSuitable] = 1,
        [BypassError.SocketTaken] = 1,
        [BypassError.BytesUnread] = 1,
        [BypassError.PolicyNotFound] = 3,
        [BypassError.PolicyRuleNotFound] = 3,
        [BypassError.PolicyExists] = 4,
        [BypassError.PolicyOverlap] = 4,
        [BypassError.PolicyForeign] = 4,
        [BypassError.TooManyRules] = 2,
    };

    public static TheoryData<BypassError> Errors => [.. Enum.GetValues<BypassError>()];

    [Theory]
    [MemberData(nameof(Errors))]
    public void Every_bypass_error_has_its_code(BypassError error) =>
        Assert.Equal(Expected[error], (int)ExitCodes.Of(new BypassException(error, "x")));

    [Fact]
    public void Other_errors_have_codes_too()
    {
        Assert.Equal(ExitCode.Interrupted, ExitCodes.Of(new OperationCanceledException()));
        Assert.Equal(ExitCode.Failed, ExitCodes.Of(new DemoException("x")));
        Assert.Equal(ExitCode.Failed, ExitCodes.Of(new InvalidOperationException("x")));
    }

    [Fact]
    public void Help_explains_every_code() =>
        Assert.Equal(Enum.GetValues<ExitCode>(), ExitCodes.Meanings.Select(meaning => meaning.Code));
}
