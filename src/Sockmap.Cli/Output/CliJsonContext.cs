using System.Text.Json.Serialization;
using Sockmap.Bypasses;
using Sockmap.Cli.Demo;
using Sockmap.Entries;
using Sockmap.Proof;
using Sockmap.Statistics;
using Sockmap.Support;

namespace Sockmap.Cli.Output;

/// <summary>What <c>--json</c> writes: the domain's types, names in camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(IPAddressConverter)])]
[JsonSerializable(typeof(BypassStatus))]
[JsonSerializable(typeof(SockmapEntry))]
[JsonSerializable(typeof(InstallReport))]
[JsonSerializable(typeof(SockmapStatistics))]
[JsonSerializable(typeof(RemovalResult))]
[JsonSerializable(typeof(SupportCheck))]
[JsonSerializable(typeof(ProofResult))]
[JsonSerializable(typeof(DemoReport))]
[JsonSerializable(typeof(DemoMeasurement))]
internal sealed partial class CliJsonContext : JsonSerializerContext;
