using System.Globalization;
using System.IO.Compression;
using System.Text;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>What objects learn of the kernel's configuration.</summary>
public sealed class KernelSettingsTests
{
    [Fact]
    public void Programs_see_this_kernels_settings()
    {
        Dictionary<string, string> config = RunningConfig();
        ObjectSpec spec = TestObjects.Read("settings.bpf.o");
        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = ["all"] });
        string compiler = config["CONFIG_CC_VERSION_TEXT"].Trim('"');

        Assert.Equal(compiler[3], (char)loaded.Programs["all"].Run(new byte[64]));

        byte[] data = new byte[loaded.Maps["settings.bss"].ValueSize];
        Assert.True(loaded.Maps["settings.bss"].TryLookup(new byte[4], data));
        ulong[] seen = [.. Enumerable.Range(0, 12).Select(i => BitConverter.ToUInt64(data, i * 8))];
        int[] version = [.. File.ReadAllText("/proc/sys/kernel/osrelease").Split('.', '-').Take(3).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        Assert.Equal((ulong)((version[0] << 16) + (version[1] << 8) + Math.Min(version[2], 255)), seen[0]);
        Assert.Equal((1UL, 1UL, 0UL), (seen[1], seen[2], seen[3]));
        Assert.Equal((1UL, 1UL), (seen[4], seen[5]));
        Assert.Equal(ulong.Parse(config["CONFIG_HZ"], CultureInfo.InvariantCulture), seen[6]);
        Assert.Equal((compiler[0], '\0'), ((char)seen[7], (char)seen[8]));
        Assert.Equal(('y', 0UL, 0UL), ((char)seen[9], seen[10], seen[11]));
        Assert.True(loaded.Maps["setting.kconfig"].GetInfo().Frozen);
    }

    [Theory]
    [InlineData("missing", "'CONFIG_NEVER_WAS_EITHER', which this kernel's configuration does not set")]
    [InlineData("wrong", "'CONFIG_BPF' as a Integer of 2 bytes, which does not hold this kernel's value y")]
    public void What_cannot_be_had_is_named_only_to_those_who_ask(string program, string reason)
    {
        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() =>
            BpfObject.Load(TestObjects.Read("settings.bpf.o"), new BpfObjectOptions { Programs = [program] }));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(SettingKind.Boolean), 1, false, "y", "01")]
    [InlineData(nameof(SettingKind.Boolean), 1, false, "n", "00")]
    [InlineData(nameof(SettingKind.Boolean), 1, false, "m", null)]
    [InlineData(nameof(SettingKind.Boolean), 1, false, "1", null)]
    [InlineData(nameof(SettingKind.Tristate), 4, false, "m", "02000000")]
    [InlineData(nameof(SettingKind.Tristate), 4, false, "7", null)]
    [InlineData(nameof(SettingKind.Character), 1, false, "m", "6d")]
    [InlineData(nameof(SettingKind.Character), 1, false, "200", "c8")]
    [InlineData(nameof(SettingKind.Character), 1, true, "200", null)]
    [InlineData(nameof(SettingKind.Character), 1, true, "-128", "80")]
    [InlineData(nameof(SettingKind.Integer), 2, false, "65535", "ffff")]
    [InlineData(nameof(SettingKind.Integer), 2, false, "65536", null)]
    [InlineData(nameof(SettingKind.Integer), 2, true, "-32769", null)]
    [InlineData(nameof(SettingKind.Integer), 4, false, "0xff80", "80ff0000")]
    [InlineData(nameof(SettingKind.Integer), 8, false, "0xffffffff81000000", "00000081ffffffff")]
    [InlineData(nameof(SettingKind.Integer), 4, false, "y", null)]
    [InlineData(nameof(SettingKind.Integer), 4, false, "\"12\"", null)]
    [InlineData(nameof(SettingKind.Integer), 4, false, "12x", null)]
    [InlineData(nameof(SettingKind.Text), 4, false, "\"ab\"", "61620000")]
    [InlineData(nameof(SettingKind.Text), 4, false, "\"abcdef\"", "61626300")]
    [InlineData(nameof(SettingKind.Text), 4, false, "\"", null)]
    [InlineData(nameof(SettingKind.Text), 4, false, "5", null)]
    public void A_value_goes_into_the_variable_or_is_refused(string kind, int size, bool isSigned, string value, string? bytes)
    {
        SettingSpec setting = new("CONFIG_X", 1, Enum.Parse<SettingKind>(kind), size, isSigned, IsWeak: false, Offset: 2);
        byte[] contents = new byte[size + 2];

        Dictionary<string, string> problems = KernelSettings.Fill([setting], contents, () => Config($"# CONFIG_Y is not set\nCONFIG_XY=3\nCONFIG_X={value}\n"));

        Assert.Equal(bytes is null, problems.ContainsKey("CONFIG_X"));
        Assert.Equal(bytes ?? new string('0', size * 2), Convert.ToHexStringLower(contents.AsSpan(2)));
    }

    [Fact]
    public void Where_there_is_no_configuration_only_strong_settings_are_a_problem()
    {
        SettingSpec weak = new("CONFIG_W", 1, SettingKind.Integer, 4, false, IsWeak: true, Offset: 0);
        SettingSpec strong = weak with { Name = "CONFIG_S", IsWeak = false };

        Dictionary<string, string> problems = KernelSettings.Fill([weak, strong], new byte[4], () => null);

        Assert.Contains("there is neither /proc/config.gz nor /boot/config-", Assert.Single(problems).Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6.18.44-fc-v509", (6 << 16) + (18 << 8) + 44)]
    [InlineData("4.14.336", (4 << 16) + (14 << 8) + 255)]
    [InlineData("6.1-rc1", (6 << 16) + (1 << 8))]
    [InlineData("6.1.", (6 << 16) + (1 << 8))]
    [InlineData("six", null)]
    public void Releases_have_version_codes(string release, int? code) => Assert.Equal((uint?)code, KernelSettings.VersionCode(release));

    private static MemoryStream Config(string text) => new(Encoding.UTF8.GetBytes(text));

    private static Dictionary<string, string> RunningConfig()
    {
        const string Compressed = "/proc/config.gz";
        Stream file = File.Exists(Compressed)
            ? new GZipStream(File.OpenRead(Compressed), CompressionMode.Decompress)
            : File.OpenRead($"/boot/config-{File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}");
        using StreamReader reader = new(file);
        return reader.ReadToEnd().Split('\n').Where(l => l.StartsWith("CONFIG_", StringComparison.Ordinal)).Select(l => l.Split('=', 2))
            .ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
    }
}
