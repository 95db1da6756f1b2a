using Sockmap.Cli.Output;

namespace Sockmap.Cli.Tests.Output;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0ul, "0 B")]
    [InlineData(1023ul, "1023 B")]
    [InlineData(1024ul, "1.0 KiB")]
    [InlineData(1536ul, "1.5 KiB")]
    [InlineData(102348ul, "99.9 KiB")]
    [InlineData(102400ul, "100 KiB")]
    [InlineData(1048575ul, "1.0 MiB")]
    [InlineData(ulong.MaxValue, "16.0 EiB")]
    public void Bytes(ulong bytes, string text) => Assert.Equal(text, Quantity.Bytes(bytes));

    [Fact]
    public void Counts_and_times()
    {
        Assert.Equal("1,234,567", Quantity.Count(1234567ul));
        Assert.Equal("1 socket", Quantity.Of(1, "socket"));
        Assert.Equal("2 sockets", Quantity.Of(2, "socket"));
        Assert.Equal("12.3 us", Quantity.Microseconds(12345));
        Assert.Equal("1.52", Quantity.Ratio(1.516));
    }
}
