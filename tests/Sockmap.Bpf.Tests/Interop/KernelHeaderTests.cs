using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Sockmap.Bpf.Features;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;

namespace Sockmap.Bpf.Tests.Interop;

/// <summary>Layouts and constants against the installed linux/bpf.h, by way of the C compiler.</summary>
public sealed partial class KernelHeaderTests
{
    private static readonly string[] LinkMembers =
    [
        "raw_tracepoint", "tracing", "cgroup", "iter_map", "iter_cgroup", "iter_task", "iter", "netns", "xdp", "struct_ops", "netfilter", "tcx", "netkit", "sockmap",
        "kprobe_multi", "uprobe_multi", "perf_event_uprobe", "perf_event_kprobe", "perf_event_tracepoint", "perf_event_event", "perf_event",
    ];

    [Fact]
    public void Structures_lie_as_in_the_header()
    {
        CCompiler.Require();
        Dictionary<string, (string What, long Value)> expected = new(StringComparer.Ordinal);
        foreach (Type type in typeof(bpf_cmd).Assembly.GetTypes().Where(static type => type.IsValueType && type.IsExplicitLayout
            && (type.Name.StartsWith("bpf_", StringComparison.Ordinal) || type == typeof(perf_event_attr))))
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            {
                // A bit-field has no offset in C; ProgramInfo.GplCompatible is tested by itself, and the flags lie between two that are compared.
                if (string.Equals(field.Name, "gpl_compatible", StringComparison.Ordinal) || (type == typeof(perf_event_attr) && string.Equals(field.Name, "flags", StringComparison.Ordinal)))
                {
                    continue;
                }

                (string container, string member) = Locate(type, field.Name);
                expected[$"offsetof({container}, {member})"] = ($"{type.Name}.{field.Name}", field.GetCustomAttribute<FieldOffsetAttribute>()!.Value);
                expected[$"sizeof((({container} *)0)->{member})"] = ($"size of {type.Name}.{field.Name}", Marshal.SizeOf(field.FieldType));
            }
        }

        Assert.True(expected.Count > 250);
        IReadOnlyDictionary<string, long> actual = CCompiler.Evaluate(expected.Keys);

        // The oldest header that these tests are run with is that of Linux 6.1.
        Assert.True(actual.Count > 230, $"Only {actual.Count} of {expected.Count} members are in the header.");
        Assert.All(actual, pair => Assert.True(expected[pair.Key].Value == pair.Value, $"{expected[pair.Key].What} is {expected[pair.Key].Value} here, {pair.Key} is {pair.Value} in C"));
    }

    [Fact]
    public void Constants_are_those_of_the_headers()
    {
        CCompiler.Require();
        Dictionary<string, long> expected = typeof(Constants)
            .GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .ToDictionary(static field => field.Name, static field => Convert.ToInt64(field.GetValue(null), null), StringComparer.Ordinal);
        foreach (bpf_cmd command in Enum.GetValues<bpf_cmd>())
        {
            expected[command.ToString()] = (long)command;
        }

        expected["CAP_BPF"] = (long)LinuxCapability.Bpf;
        expected["CAP_PERFMON"] = (long)LinuxCapability.PerfMon;
        expected["CAP_SYS_ADMIN"] = (long)LinuxCapability.SysAdmin;
        expected["CAP_NET_ADMIN"] = (long)LinuxCapability.NetAdmin;
        expected["CAP_SYS_PTRACE"] = (long)LinuxCapability.SysPtrace;
        expected["CAP_SYS_RESOURCE"] = (long)LinuxCapability.SysResource;
        expected["CAP_DAC_READ_SEARCH"] = (long)LinuxCapability.DacReadSearch;
        expected["BPF_ANY"] = (long)BpfMapUpdateFlags.Any;
        expected["BPF_NOEXIST"] = (long)BpfMapUpdateFlags.NoExist;
        expected["BPF_EXIST"] = (long)BpfMapUpdateFlags.Exist;
        expected["BPF_F_LOCK"] = (long)BpfMapUpdateFlags.Lock;
        expected["BPF_F_ALLOW_OVERRIDE"] = (long)ProgramAttachFlags.AllowOverride;
        expected["BPF_F_ALLOW_MULTI"] = (long)ProgramAttachFlags.AllowMulti;
        IReadOnlyDictionary<string, long> actual = CCompiler.Evaluate(expected.Keys);

        // FILEID_KERNFS is in no header for user space; the oldest header that these tests are run with is that of Linux 6.1, and does not have the other two.
        Assert.Contains("FILEID_KERNFS", expected.Keys.Except(actual.Keys, StringComparer.Ordinal));
        Assert.Empty(expected.Keys.Except(actual.Keys, StringComparer.Ordinal).Except(["FILEID_KERNFS", "BPF_F_UPROBE_MULTI_RETURN", "BPF_F_NETFILTER_IP_DEFRAG"], StringComparer.Ordinal));
        Assert.All(actual, pair => Assert.Equal((pair.Key, expected[pair.Key]), (pair.Key, pair.Value)));
    }

    [Fact]
    public void Structures_that_are_read_by_hand_lie_as_assumed()
    {
        CCompiler.Require();
        Dictionary<string, long> expected = new(StringComparer.Ordinal)
        {
            ["offsetof(struct statfs, f_type)"] = 0,
            ["sizeof(((struct statfs *)0)->f_type)"] = 8,
            ["sizeof(struct statfs) <= 256"] = 1,
            ["offsetof(struct epoll_event, events)"] = 0,
            ["sizeof(((struct epoll_event *)0)->events)"] = 4,
            ["sizeof(struct epoll_event) <= 16"] = 1,
            ["offsetof(struct file_handle, handle_bytes)"] = 0,
            ["offsetof(struct file_handle, handle_type)"] = 4,
            ["offsetof(struct file_handle, f_handle)"] = 8,
            ["offsetof(struct timespec, tv_nsec)"] = 8,
            ["sizeof(struct timespec)"] = 16,
            ["PERF_ATTR_SIZE_VER1"] = Marshal.SizeOf<perf_event_attr>(),
        };
        Assert.Equivalent(expected, CCompiler.Evaluate(expected.Keys), strict: true);
    }

    [Theory]
    [InlineData("bpf_prog_type", "BPF_PROG_TYPE_", typeof(BpfProgramType))]
    [InlineData("bpf_map_type", "BPF_MAP_TYPE_", typeof(BpfMapType))]
    [InlineData("bpf_attach_type", "BPF_", typeof(BpfAttachType))]
    [InlineData("bpf_link_type", "BPF_LINK_TYPE_", typeof(BpfLinkType))]
    public void Enumerations_hold_every_value_of_the_header(string name, string prefix, Type type)
    {
        CCompiler.Require();
        string header = Comment().Replace(File.ReadAllText("/usr/include/linux/bpf.h"), "");
        Match match = Regex.Match(header, $@"enum {name} \{{(.*?)\}};", RegexOptions.Singleline, TimeSpan.FromSeconds(10));
        string[] names = [.. match.Groups[1].Value.Split(',').Select(static text => text.Split('=')[0].Trim()).Where(static text => text.StartsWith("BPF_", StringComparison.Ordinal))];
        Assert.True(names.Length > 5);
        IReadOnlyDictionary<string, long> values = CCompiler.Evaluate(names);
        Dictionary<string, long> ours = Enum.GetNames(type).ToDictionary(static text => text.ToUpperInvariant(), text => Convert.ToInt64(Enum.Parse(type, text), null), StringComparer.Ordinal);
        Assert.All(values, pair =>
        {
            string key = pair.Key.Replace("_DEPRECATED", "", StringComparison.Ordinal);
            key = (key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : key).Replace("_", "", StringComparison.Ordinal);
            Assert.True(ours.TryGetValue(key, out long value), $"{pair.Key} has no counterpart");
            Assert.Equal((pair.Key, pair.Value), (pair.Key, value));
        });
    }

    [Fact]
    public void Error_numbers_are_those_of_the_header()
    {
        CCompiler.Require();
        IReadOnlyDictionary<string, int> numbers = CCompiler.ErrorNumbers();
        Assert.True(numbers.Count > 120);
        Assert.All(numbers, static pair =>
        {
            Assert.True(Errno.TryGetNumber(pair.Key, out int number), pair.Key);
            Assert.Equal((pair.Key, pair.Value), (pair.Key, number));
            Assert.Equal(pair.Key, Errno.GetName(pair.Value));
        });
    }

    /// <summary>Where a member of ours is in C.</summary>
    private static (string Container, string Member) Locate(Type type, string field)
    {
        const string Attr = "union bpf_attr";
        return type.Name switch
        {
            nameof(bpf_attr_map_create) or nameof(bpf_attr_elem) or nameof(bpf_attr_prog_load) or nameof(bpf_attr_obj)
                or nameof(bpf_attr_attach) or nameof(bpf_attr_id) or nameof(bpf_attr_btf_load) => (Attr, field),
            nameof(bpf_iter_link_info) => ("union bpf_iter_link_info", Dotted(field, ["map", "cgroup", "task"])),
            nameof(bpf_link_info) => ("struct bpf_link_info", Dotted(field, LinkMembers)),
            nameof(bpf_attr_link_create) => (Attr, "link_create." + Dotted(field, ["perf_event", "kprobe_multi", "uprobe_multi", "netfilter"])),
            { } name when name.StartsWith("bpf_attr_", StringComparison.Ordinal) => (Attr, $"{name["bpf_attr_".Length..]}.{field}"),
            { } name => ($"struct {name}", field),
        };
    }

    private static string Dotted(string field, string[] prefixes)
    {
        string? prefix = prefixes.FirstOrDefault(text => field.StartsWith(text + "_", StringComparison.Ordinal));
        return prefix is null || string.Equals(field, "type", StringComparison.Ordinal)
            ? field
            : $"{prefix.Replace("iter_", "iter.", StringComparison.Ordinal).Replace("perf_event_", "perf_event.", StringComparison.Ordinal)}.{field[(prefix.Length + 1)..]}";
    }

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Comment();
}
