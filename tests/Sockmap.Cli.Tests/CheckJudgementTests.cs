using Sockmap.Cli.Commands;
using Sockmap.Support;

namespace Sockmap.Cli.Tests;

public sealed class CheckJudgementTests
{
    [Theory]
    [InlineData("SockHash", SupportNeed.Required, SupportState.Supported, 0)]
    [InlineData("SockHash", SupportNeed.Required, SupportState.Unsupported, 7)]
    [InlineData("SockHash", SupportNeed.Required, SupportState.Unknown, 7)]
    [InlineData("SockmapLink", SupportNeed.Optional, SupportState.Unsupported, 0)]
    [InlineData("Splice", SupportNeed.Behavior, SupportState.Unsupported, 0)]
    [InlineData("Privileges", SupportNeed.Required, SupportState.Unsupported, 6)]
    public void One_check_among_good_ones_decides(string name, SupportNeed need, SupportState state, int expected)
    {
        SupportCheck good = new("KernelBtf", SupportNeed.Required, SupportState.Supported, "Seen.", "");
        Assert.Equal(expected, (int)CheckCommand.Judge([good, new SupportCheck(name, need, state, "Seen.", "Mend it."), good]));
    }
}
