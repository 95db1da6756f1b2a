using System.Reflection;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Redirects.Layout;

namespace Sockmap.Redirects;

/// <summary>Our compiled object, bpf/redirect.bpf.o, which the assembly carries: its parts by name.</summary>
internal static class RedirectObject
{
    public const string Source = "source";
    public const string Target = "target";
    public const string Counters = "counters";
    public const string Course = "course";
    public const string Ends = "ends";
    public const string Keeper = "keeper";
    public const string List = "list";
    public const string Join = "join";
    public const string JoinDry = "join_dry";
    public const string Leave = "leave";

    private const string ConfigVariable = "config";

    private static readonly Lazy<ObjectSpec> Compiled = new(ReadSpec);

    /// <summary>The map that holds the settings.</summary>
    public static string Configuration => Compiled.Value.Variables.Single(IsConfiguration).MapName;

    /// <summary>Bytes of the settings' value, which holds the programs' other constants too.</summary>
    public static int ConfigurationSize => (int)Compiled.Value.Maps[Configuration].ValueSize;

    public static int ConfigOffset => Compiled.Value.Variables.Single(IsConfiguration).Offset;

    /// <summary>The verdict of a mode.</summary>
    public static string ProgramOf(SockmapRedirectMode mode) => mode switch
    {
        SockmapRedirectMode.SendToLocal => "send_to_local",
        SockmapRedirectMode.SendToEgress => "send_to_egress",
        SockmapRedirectMode.IngressToEgress => "ingress_to_egress",
        SockmapRedirectMode.IngressToLocal => "ingress_to_local",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such redirect."),
    };

    public static BpfAttachType AttachTypeOf(SockmapRedirectMode mode) => mode.TakesSends() ? BpfAttachType.SkMsgVerdict : BpfAttachType.SkSkbVerdict;

    /// <summary>Loads the maps and the programs of a mode.</summary>
    public static BpfObject Load(RedirectConfig config)
    {
        config.Layout = RedirectConfig.CurrentLayout;
        ObjectSpec spec = ReadSpec();
        spec.SetVariable(ConfigVariable, MemoryMarshal.AsBytes(new ReadOnlySpan<RedirectConfig>(in config)));
        return BpfObject.Load(spec, new BpfObjectOptions { Programs = [ProgramOf(config.Mode), List, Join, JoinDry, Leave] });
    }

    private static bool IsConfiguration(VariableSpec variable) => string.Equals(variable.Name, ConfigVariable, StringComparison.Ordinal);

    private static ObjectSpec ReadSpec() => ObjectSpec.ReadEmbedded(Assembly.GetExecutingAssembly(), "redirect");
}
