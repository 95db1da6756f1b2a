using Sockmap.Bypasses;
using Sockmap.Proxies;

namespace Sockmap.Tests.Proxies;

public sealed class ProxyEndPointTests
{
    [Theory]
    [InlineData("127.0.0.1:8080")]
    [InlineData("[::1]:80")]
    [InlineData("*:443")]
    [InlineData("0.0.0.0:0")]
    [InlineData("[fe80::1]:1")]
    [InlineData("unix:/run/app.sock")]
    public void WhatIsReadIsWrittenTheSame(string text)
    {
        Assert.True(ProxyEndPoint.TryParse(text, out ProxyEndPoint? endPoint));
        Assert.Equal(text, endPoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.1:80")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("localhost:80")]
    [InlineData(":80")]
    [InlineData("unix:relative")]
    [InlineData("unix:")]
    public void WhatIsNoAddressIsRefused(string text)
    {
        Assert.False(ProxyEndPoint.TryParse(text, out _));
        BypassException error = Assert.Throws<BypassException>(() => ProxyServer.Open(new ProxySettings { Listen = [text], To = ["127.0.0.1:1"] }));
        Assert.Equal(BypassError.InvalidSetting, error.Error);
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*:80")]
    [InlineData("127.0.0.1:0")]
    public void WhatNobodyCanConnectToIsNoTarget(string text) =>
        Assert.Equal(BypassError.InvalidSetting, Assert.Throws<BypassException>(() => ProxyServer.Open(new ProxySettings { Listen = ["127.0.0.1:0"], To = [text] })).Error);
}
