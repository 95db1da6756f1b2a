using System.Collections;
using System.Net;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Btf.Values;
using Sockmap.Bpf.Tests.Loading;

namespace Sockmap.Bpf.Tests.Btf.Values;

public sealed class ValueShapeTests
{
    private const int Rounds = 500;

    private static readonly BtfSpec Spec = TestObjects.Read("values.bpf.o").Btf!;
    private static readonly ValueShape Value = ShapeOf("value");
    private static readonly ValueShape Endpoint = ShapeOf("endpoint");

    public static TheoryData<string> Structs() => ["value", "endpoint", "deep", "prefix", "floats"];

    [Theory]
    [MemberData(nameof(Structs))]
    public void Any_bytes_become_an_object_that_becomes_the_same_object_again(string name)
    {
        ValueShape shape = ShapeOf(name);
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<byte>().ArrayOf(shape.Size).ToArbitrary(),
            bytes =>
            {
                object? first = shape.Decode(bytes);
                byte[] written = shape.Encode(first, "value");
                return written.Length == shape.Size && Same(first, shape.Decode(written));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(Rounds));
    }

    [Fact]
    public void Types_of_the_kernel_make_the_round_too()
    {
        Random random = new(1);
        int made = 0;
        foreach (BtfType type in TestObjects.Kernel.Types().Where(static type => type.IsComposite && type.Size is > 0 and <= 4096).Where((_, index) => index % 7 == 0))
        {
            ValueShape shape = TestObjects.Kernel.ShapeOf(type.Id);
            byte[] bytes = new byte[shape.Size];
            random.NextBytes(bytes);
            object? first = shape.Decode(bytes);
            Assert.True(Same(first, shape.Decode(shape.Encode(first, "value"))), $"{type} does not make the round");
            made++;
        }

        Assert.True(made > 300, $"Only {made} types were tried.");
    }

    [Fact]
    public void Every_kind_of_member_is_read_as_C_wrote_it()
    {
        byte[] bytes = new byte[Value.Size];
        bytes[0] = 0xff; // tiny
        bytes[2] = 0xfe; // little
        bytes[3] = 0xff;
        bytes[16] = 1; // flag
        bytes.AsSpan(32, 16).Fill(0xff); // widest
        bytes.AsSpan(48, 16).Fill(0xff); // mask
        bytes[64] = 5; // state
        BitConverter.TryWriteBytes(bytes.AsSpan(72), 0x123456789aUL); // wide
        "redis\0left over"u8.CopyTo(bytes.AsSpan(80)); // name
        bytes[116] = 0x80; // offsets
        BitConverter.TryWriteBytes(bytes.AsSpan(120 + (5 * 4)), -7); // matrix[1][2]
        IDictionary value = (IDictionary)Value.Decode(bytes)!;

        Assert.Equal((sbyte)-1, value["tiny"]);
        Assert.Equal((short)-2, value["little"]);
        Assert.Equal(true, value["flag"]);
        Assert.Equal(BigInteger.MinusOne, value["widest"]);
        Assert.Equal((BigInteger.One << 128) - 1, value["mask"]);
        Assert.Equal("BUSY", value["state"]);
        Assert.Equal("HUGE", value["wide"]);
        Assert.Equal("redis", value["name"]);
        Assert.Equal(new byte[20], value["hash"]);
        Assert.Equal(new object?[] { (sbyte)-128, (sbyte)0, (sbyte)0 }, value["offsets"]);
        Assert.Equal(-7, ((object?[])((object?[])value["matrix"]!)[1]!)[2]);
        Assert.Equal(0UL, value["pointer"]);
        Assert.Equal((0u, 0u, 0, "IDLE", 0UL), (value["low"], value["middle"], value["below"], value["packed"], value["far"]));
        Assert.Equal(new byte[4], value["octets"]);
        Assert.Equal(0, value["inner"]);
        Assert.Equal(new object?[] { false, false }, value["flags"]);
        Assert.Equal(["point", "ends"], ((IDictionary)value["deep"]!).Keys.Cast<string>());
    }

    [Fact]
    public void Bit_fields_lie_where_the_compiler_puts_them()
    {
        Dictionary<string, object> given = new(StringComparer.Ordinal) { ["low"] = 5, ["middle"] = 127, ["below"] = -16, ["packed"] = "GONE", ["far"] = (1UL << 40) - 1 };
        byte[] bytes = Value.Encode(given, "value");
        ulong word = BitConverter.ToUInt64(bytes, 160);

        Assert.Equal(5UL, word & 7);
        Assert.Equal(127UL, (word >> 3) & 127);
        Assert.Equal(16UL, (word >> 10) & 31);
        Assert.Equal(15UL, (word >> 15) & 15);
        Assert.Equal((1UL << 40) - 1, (word >> 19) & ((1UL << 40) - 1));
        IDictionary read = (IDictionary)Value.Decode(bytes)!;
        Assert.Equal(-16, read["below"]);
        Assert.Equal("GONE", read["packed"]);
    }

    [Fact]
    public void Names_are_found_whatever_their_case_and_underscores()
    {
        byte[] expected = [127, 0, 0, 1, 0xeb, 0x18];
        Assert.Equal(expected, Endpoint.Encode(Members(("address", IPAddress.Loopback), ("port", 6379)), "key"));
        Assert.Equal(expected, Endpoint.Encode(Members(("ADDRESS", "7f000001"), ("Port", "6379")), "key"));
        Assert.Equal(expected, Endpoint.Encode(Members(("address", new object[] { 127, 0, 0, 1 }), ("po_rt", "0x18eb")), "key"));
        Assert.Equal(expected, Endpoint.Encode("0x7f 00 00 01 eb 18", "key"));
        Assert.Equal(expected, Endpoint.Encode("7f:00:00:01:eb:18", "key"));
        Assert.Equal(expected, Endpoint.Encode(expected, "key"));
    }

    [Fact]
    public void What_does_not_fit_is_named_with_what_would()
    {
        Assert.Equal("key.port is of type unsigned short and takes 0 to 65535; 70000 was given.", Fault(Endpoint, Members(("port", 70000))));
        Assert.Equal("key.port is of type unsigned short and takes 0 to 65535; 'http' was given.", Fault(Endpoint, Members(("port", "http"))));
        Assert.Equal("key is of type struct endpoint, which has no member 'prot'; it has address, port.", Fault(Endpoint, Members(("prot", 1))));
        Assert.Equal("key is of type struct endpoint and takes a set of its members (address, port) or 6 bytes; 5 was given.", Fault(Endpoint, 5));
        Assert.Equal("key is of type struct endpoint with 6 bytes; 2 bytes were given.", Fault(Endpoint, new byte[2]));
        Assert.Equal("key.port is of type unsigned short and was given no value ($null).", Fault(Endpoint, new Dictionary<string, object?>(StringComparer.Ordinal) { ["port"] = null }));
        Assert.Equal("key.port was given twice under names that mean the same member.", Fault(Endpoint, Members(("port", 1), ("Port", 1))));
        Assert.Equal("key.matrix[1][0] is of type int and takes -2147483648 to 2147483647; 2147483648 was given.", Fault(Value, Members(("matrix", new object[] { new object[] { 1 }, new object[] { 2147483648L } }))));
        Assert.Equal("key.matrix is of type int[2][3] and takes a list of at most 2; more were given.", Fault(Value, Members(("matrix", Enumerable.Repeat(new List<int> { 1 }, 3)))));
        Assert.Equal("key.state is of type enum state and takes IDLE, BUSY, GONE or -2147483648 to 2147483647; 'LOST' was given.", Fault(Value, Members(("state", "LOST"))));
        Assert.Equal("key.below is of type int and takes -16 to 15; 16 was given.", Fault(Value, Members(("below", 16))));
        Assert.Equal("key.flag is of type _Bool and takes $true or $false; 'perhaps' was given.", Fault(Value, Members(("flag", "perhaps"))));
        Assert.Contains("text of at most 15 bytes without a zero", Fault(Value, Members(("name", new string('x', 16)))), StringComparison.Ordinal);
        Assert.Contains("key.octets lies on the same bytes as key.ip4", Fault(Value, Members(("ip4", 1), ("octets", new byte[] { 2, 0, 0, 0 }))), StringComparison.Ordinal);
        Assert.Equal("key.low is a bit field of 3 bits, which takes a number and no bytes.", Fault(Value, Members(("low", new byte[1]))));
    }

    [Fact]
    public void Members_of_a_union_may_all_be_given_when_they_agree()
    {
        byte[] bytes = Value.Encode(Members(("ip4", 0x0100007f), ("octets", IPAddress.Loopback)), "value");
        Assert.Equal(0x0100007fu, ((IDictionary)Value.Decode(bytes)!)["ip4"]);
    }

    [Fact]
    public void Data_sections_are_sets_of_their_variables()
    {
        Assert.True(Spec.TryFind(".data", BtfKind.DataSection, out BtfType section));
        byte[] bytes = new byte[section.Size];
        BitConverter.TryWriteBytes(bytes, 42);
        IDictionary data = (IDictionary)Spec.ShapeOf(section.Id).Decode(bytes)!;
        Assert.Equal(["answer", "counter", "word"], data.Keys.Cast<string>().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("0x7f 00 00 01", true, "7f 00 00 01")]
    [InlineData("7f:00", true, "7f 00")]
    [InlineData("0x7f 0x00", true, "7f 00")]
    [InlineData("de-ad", true, "de ad")]
    [InlineData("0xdead", false, "de ad")]
    [InlineData("0xdead", true, null)]
    [InlineData("0xdea", false, null)]
    [InlineData("xyz", false, null)]
    [InlineData("7f 0", true, null)]
    [InlineData("7f 000", true, null)]
    [InlineData("", false, null)]
    public void Bytes_are_read_from_text(string text, bool needsBlanks, string? expected)
    {
        Assert.Equal(expected is not null, HexText.TryParse(text, needsBlanks, out byte[] bytes));
        Assert.Equal(expected ?? "", HexText.Format(bytes));
    }

    internal static bool Same(object? first, object? second) => (first, second) switch
    {
        (IDictionary a, IDictionary b) => a.Count == b.Count && a.Keys.Cast<object>().All(key => b.Contains(key) && Same(a[key], b[key])),
        (object?[] a, object?[] b) => a.Length == b.Length && a.Zip(b).All(static pair => Same(pair.First, pair.Second)),
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        _ => Equals(first, second),
    };

    private static Dictionary<string, object> Members(params (string Name, object Value)[] members) =>
        members.ToDictionary(static member => member.Name, static member => member.Value, StringComparer.Ordinal);

    private static string Fault(ValueShape shape, object value) => Assert.Throws<ValueEncodingException>(() => shape.Encode(value, "key")).Message;

    private static ValueShape ShapeOf(string name)
    {
        Assert.True(Spec.TryFind(name, BtfKind.Struct, out BtfType type));
        return Spec.ShapeOf(type.Id);
    }
}
