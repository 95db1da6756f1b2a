using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>Settings of the running kernel: its configuration (<c>CONFIG_*</c>), and what libbpf calls <c>LINUX_*</c>.</summary>
internal static class KernelSettings
{
    private const string CompressedConfig = "/proc/config.gz";
    private const string KernelSymbolList = "/proc/kallsyms";
    private const string ConfigPrefix = "CONFIG_";
    private const int GetAttachCookieHelper = 174;

    /// <summary>Writes the settings that the kernel has into the places that an object keeps for them.</summary>
    /// <returns>Why a setting could not be had, by its name; a weak one that the kernel lacks is 0 and no problem.</returns>
    public static Dictionary<string, string> Fill(IReadOnlyList<SettingSpec> settings, Span<byte> contents) =>
        Fill(settings, contents, OpenConfig);

    internal static Dictionary<string, string> Fill(IReadOnlyList<SettingSpec> settings, Span<byte> contents, Func<Stream?> openConfig)
    {
        Dictionary<string, string> problems = new(StringComparer.Ordinal);
        Dictionary<string, string> config = new(StringComparer.Ordinal);
        string missing = "which this kernel's configuration does not set";
        if (settings.Any(IsConfig))
        {
            using Stream? stream = openConfig();
            config = stream is null ? config : ReadConfig(stream, settings.Where(IsConfig).Select(s => s.Name));
            missing = stream is null ? $"which cannot be told: there is neither {CompressedConfig} nor {BootConfig}" : missing;
        }

        foreach (SettingSpec setting in settings)
        {
            string? value = IsConfig(setting) ? config.GetValueOrDefault(setting.Name) : Virtual(setting.Name);
            if (value is null && !setting.IsWeak)
            {
                problems.Add(setting.Name, $"it asks for '{setting.Name}', {(IsConfig(setting) ? missing : "which is no known setting (known are CONFIG_*, LINUX_KERNEL_VERSION, LINUX_HAS_BPF_COOKIE and LINUX_HAS_SYSCALL_WRAPPER)")}");
            }
            else if (value is not null && !TryWrite(setting, value, contents.Slice(setting.Offset, setting.Size)))
            {
                problems.Add(setting.Name, $"it takes '{setting.Name}' as a {setting.Kind} of {setting.Size} bytes, which does not hold this kernel's value {value}");
            }
        }

        return problems;
    }

    internal static Dictionary<string, string> ReadConfig(Stream stream, IEnumerable<string> names)
    {
        HashSet<string> wanted = new(names, StringComparer.Ordinal);
        Dictionary<string, string> found = new(StringComparer.Ordinal);
        using StreamReader reader = new(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            int separator = line.IndexOf('=', StringComparison.Ordinal);
            if (separator > 0 && separator + 1 < line.Length && wanted.Contains(line[..separator]))
            {
                found.TryAdd(line[..separator], line[(separator + 1)..]);
            }
        }

        return found;
    }

    /// <summary>The number that KERNEL_VERSION makes of a version (include/linux/version.h).</summary>
    internal static uint? VersionCode(string release)
    {
        uint[] parts = new uint[3];
        int at = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            int start = at;
            while (at < release.Length && char.IsAsciiDigit(release[at]))
            {
                at++;
            }

            if (!uint.TryParse(release.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out parts[i]))
            {
                return i == parts.Length - 1 ? Code() : null;
            }

            if (at >= release.Length || release[at] != '.')
            {
                return i == 0 ? null : Code();
            }

            at++;
        }

        return Code();

        uint Code() => (parts[0] << 16) + (parts[1] << 8) + Math.Min(parts[2], 255);
    }

    private static string BootConfig => $"/boot/config-{Release}";

    private static string Release => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    private static bool IsConfig(SettingSpec setting) => setting.Name.StartsWith(ConfigPrefix, StringComparison.Ordinal);

    private static Stream? OpenConfig()
    {
        if (File.Exists(CompressedConfig))
        {
            return new GZipStream(File.OpenRead(CompressedConfig), CompressionMode.Decompress);
        }

        return File.Exists(BootConfig) ? File.OpenRead(BootConfig) : null;
    }

    private static string? Virtual(string name) => name switch
    {
        "LINUX_KERNEL_VERSION" => VersionCode(BaseVersion())?.ToString(CultureInfo.InvariantCulture),
        "LINUX_HAS_BPF_COOKIE" => HasCookies() ? "1" : "0",
        "LINUX_HAS_SYSCALL_WRAPPER" => HasSyscallWrappers() ? "1" : "0",
        _ => null,
    };

    /// <summary>Ubuntu and Debian give releases of their own; the version that they are built from stands elsewhere.</summary>
    private static string BaseVersion()
    {
        const string UbuntuSignature = "/proc/version_signature";
        const string Debian = "Debian ";
        if (File.Exists(UbuntuSignature))
        {
            return File.ReadAllText(UbuntuSignature).Trim().Split(' ')[^1];
        }

        string version = File.ReadAllText("/proc/sys/kernel/version");
        int debian = version.IndexOf(Debian, StringComparison.Ordinal);
        return debian >= 0 && VersionCode(version[(debian + Debian.Length)..]) is not null ? version[(debian + Debian.Length)..] : Release;
    }

    /// <summary>A tracepoint program that asks for its cookie loads where there are cookies (5.15).</summary>
    private static bool HasCookies()
    {
        byte[] code = new byte[16];
        code[0] = Instructions.BpfInstruction.CallOpcode;
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(4), GetAttachCookieHelper);
        code[8] = 0x95;
        int result = BpfProgram.LoadOnce(new ProgramLoadRequest { Type = BpfProgramType.Tracepoint, Instructions = code }, named: false, default);
        if (result >= 0)
        {
            _ = Interop.Syscalls.Close(result);
        }

        return result >= 0;
    }

    private static bool HasSyscallWrappers()
    {
        string? prefix = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "__x64_",
            Architecture.Arm64 => "__arm64_",
            Architecture.S390x => "__s390x_",
            Architecture.RiscV64 => "__riscv_",
            _ => null,
        };

        // The names are shown to everybody, only the addresses are not.
        return prefix is not null && File.ReadLines(KernelSymbolList).Any(line => line.EndsWith($" {prefix}sys_bpf", StringComparison.Ordinal));
    }

    private static bool TryWrite(SettingSpec setting, string value, Span<byte> place)
    {
        if (value is "y" or "n" or "m")
        {
            return TryWriteChoice(setting, value[0], place);
        }

        return value[0] == '"' ? TryWriteText(setting, value, place) : TryWriteNumber(setting, value, place);
    }

    private static bool TryWriteChoice(SettingSpec setting, char value, Span<byte> place)
    {
        byte? written = (setting.Kind, value) switch
        {
            (SettingKind.Boolean, 'm') => null,
            (SettingKind.Boolean, _) => (byte)(value == 'y' ? 1 : 0),
            (SettingKind.Tristate, _) => (byte)(value == 'y' ? 1 : value == 'm' ? 2 : 0),
            (SettingKind.Character, _) => (byte)value,
            _ => null,
        };
        place[0] = written ?? place[0];
        return written is not null;
    }

    private static bool TryWriteText(SettingSpec setting, string value, Span<byte> place)
    {
        if (setting.Kind != SettingKind.Text || value.Length < 2 || value[^1] != '"')
        {
            return false;
        }

        // As much as there is room for, and always a zero at the end: libbpf's rule.
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(value[1..^1]);
        text[..Math.Min(text.Length, place.Length - 1)].CopyTo(place);
        return true;
    }

    private static bool TryWriteNumber(SettingSpec setting, string text, Span<byte> place)
    {
        bool isVirtual = !IsConfig(setting);
        if (setting.Kind is not (SettingKind.Integer or SettingKind.Character) && !(isVirtual && setting.Kind == SettingKind.Boolean))
        {
            return false;
        }

        bool isNegative = text[0] == '-';
        string digits = isNegative ? text[1..] : text;
        bool isHexadecimal = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = isHexadecimal
            ? ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong magnitude)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);
        int bits = setting.Size * 8;
        ulong value = isNegative ? unchecked(0 - magnitude) : magnitude;
        bool fits = setting switch
        {
            { Kind: SettingKind.Boolean } => value <= 1,
            { Size: sizeof(ulong) } => true,
            { IsSigned: true } => unchecked(value + (1UL << (bits - 1))) < 1UL << bits,
            _ => value >> bits == 0,
        };
        if (!isNumber || !fits)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..place.Length].CopyTo(place);
        return true;
    }
}
