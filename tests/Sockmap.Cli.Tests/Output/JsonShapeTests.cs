using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sockmap.Bypasses;
using Sockmap.Cli.Demo;
using Sockmap.Cli.Output;
using Sockmap.Proof;
using Sockmap.Support;

namespace Sockmap.Cli.Tests.Output;

/// <summary>What scripts rely on. A name that goes or changes here breaks them.</summary>
public sealed class JsonShapeTests
{
    [Fact]
    public void A_status() => AssertShape(
        Samples.Status,
        CliJsonContext.Default.BypassStatus,
        "name state isHealthy problem cgroup cgroupId family port excludePort address excludeAddress crossNamespace keepSockets throughNat variant "
        + "queueLimit entries maxEntries installedAt path bpfFileSystem attachment socketsInserted socketsFiltered socketsRemote "
        + "socketsMapFull socketsRefused messagesRedirected bytesRedirected messagesOverTcp bytesOverTcp messagesSpilled "
        + "directionsSwitched messagesRefused");

    [Fact]
    public void An_entry() => AssertShape(
        Samples.Entry,
        CliJsonContext.Default.SockmapEntry,
        "bypass family localAddress localPort remoteAddress remotePort state isClient path receivePath reason redirectedMessages "
        + "redirectedBytes tcpMessages tcpBytes spilledMessages queuedBytes lastUsed joinedAt wasAdded isLeaving processId processName "
        + "peerCookie peerProcessId peerProcessName cgroup cgroupId cookie inode networkNamespace networkNamespaceCookie userId");

    [Fact]
    public void An_install() => AssertShape(
        InstallReport.From(new InstallResult(Samples.Status, InstallOutcome.Installed, null)),
        CliJsonContext.Default.InstallReport,
        "bypass outcome replaced established");

    [Fact]
    public void Established_connections()
    {
        AdditionResult failed = new(Samples.Candidate, IsNew: false, new BypassException(BypassError.ConnectionNotTaken, "It is in another sockmap."));
        EstablishedReport report = EstablishedReport.From(new EstablishedResult([failed, new AdditionResult(Samples.Candidate, IsNew: true, null)], null));

        AssertShape(report, CliJsonContext.Default.EstablishedReport, "added notAdded problem");
        Assert.Equal(1, report.Added);
        AssertShape(Assert.Single(report.NotAdded), CliJsonContext.Default.FailedConnection, "localAddress localPort remoteAddress remotePort error message");
    }

    [Fact]
    public void A_removal() => AssertShape(
        new RemovalResult("web", true, 2, 0, [Samples.Entry], TimeSpan.FromSeconds(1)),
        CliJsonContext.Default.RemovalResult,
        "name isComplete removedEntries droppedBytes remaining elapsed");

    [Fact]
    public void A_check() => AssertShape(
        new SupportCheck("SockmapLink", SupportNeed.Optional, SupportState.Supported, "Seen.", ""),
        CliJsonContext.Default.SupportCheck,
        "name need state detail remedy");

    [Fact]
    public void A_proof() => AssertShape(
        new ProofResult
        {
            Bypass = "web",
            Passed = true,
            Summary = "It works.",
            Finding = [new ProofFinding("Inside.InMap", true, "It is.")],
            Cgroup = "/sys/fs/cgroup/sockmap-proof-1-1",
            Address = System.Net.IPAddress.Loopback,
            Port = 1,
            ClientPort = 2,
            BytesSent = 3,
            MessagesRedirected = 4,
            BytesRedirected = 3,
            MessagesOverTcp = 0,
            BytesOverTcp = 0,
            Elapsed = TimeSpan.FromSeconds(1),
        },
        CliJsonContext.Default.ProofResult,
        "bypass passed summary finding cgroup address port clientPort bytesSent messagesRedirected bytesRedirected messagesOverTcp "
        + "bytesOverTcp outsideCgroup outsideAddress outsidePort outsideBytesSent outsideBytesRedirected outsideBytesOverTcp elapsed");

    [Fact]
    public void A_demo() => AssertShape(
        Demo.DemoReportTests.Report,
        CliJsonContext.Default.DemoReport,
        "bypass variant cgroup serverProcessId clientProcessId rounds entries messagesRedirected bytesRedirected "
        + "messagesOverTcp bytesOverTcp bytesSent succeeded verdict");

    [Fact]
    public void Enums_are_words_and_addresses_text()
    {
        JsonElement status = Parse(Samples.Status, CliJsonContext.Default.BypassStatus);
        JsonElement entry = Parse(Samples.Entry, CliJsonContext.Default.SockmapEntry);

        Assert.Equal("Active", status.GetProperty("state").GetString());
        Assert.Equal("Any", status.GetProperty("family").GetString());
        Assert.Equal("Exact", status.GetProperty("variant").GetString());
        Assert.True(status.GetProperty("isHealthy").GetBoolean());
        Assert.Equal(["6379", "8000-8100"], status.GetProperty("port").EnumerateArray().Select(port => port.GetString()!), StringComparer.Ordinal);
        Assert.Equal("2026-11-21T08:00:00Z", status.GetProperty("installedAt").GetString());
        Assert.Equal("::1", entry.GetProperty("localAddress").GetString());
        Assert.Equal("Redirected", entry.GetProperty("path").GetString());
    }

    [Fact]
    public void An_array_is_one_document_with_an_element_a_line()
    {
        using StringWriter output = new();
        JsonOutput.WriteArray(output, [Samples.Entry, Samples.Entry], CliJsonContext.Default.SockmapEntry);

        Assert.Equal(2, JsonDocument.Parse(output.ToString()).RootElement.GetArrayLength());
        Assert.Equal(4, output.ToString().TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void No_elements_are_an_empty_array()
    {
        using StringWriter output = new();
        JsonOutput.WriteArray(output, [], CliJsonContext.Default.SockmapEntry);

        Assert.Equal("[]", output.ToString().TrimEnd());
    }

    [Fact]
    public void An_error_before_the_first_element_leaves_the_output_empty()
    {
        using StringWriter output = new();
        IEnumerable<Entries.SockmapEntry> broken = Enumerable.Range(0, 1).Select(Entries.SockmapEntry (_) => throw new BypassException(BypassError.BypassNotFound, "x"));

        Assert.Throws<BypassException>(() => JsonOutput.WriteArray(output, broken, CliJsonContext.Default.SockmapEntry));
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void A_measurement_survives_the_way_from_the_client_to_the_parent()
    {
        DemoMeasurement measurement = Demo.DemoReportTests.Report.Rounds[0].Tcp;
        string line = JsonSerializer.Serialize(measurement, CliJsonContext.Default.DemoMeasurement);

        Assert.DoesNotContain('\n', line);
        Assert.Equal(measurement, JsonSerializer.Deserialize(line, CliJsonContext.Default.DemoMeasurement));
    }

    private static void AssertShape<T>(T value, JsonTypeInfo<T> type, string names) => Assert.Equal(
        names.Split(' ').Order(StringComparer.Ordinal),
        Parse(value, type).EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));

    private static JsonElement Parse<T>(T value, JsonTypeInfo<T> type) =>
        JsonDocument.Parse(JsonSerializer.Serialize(value, type)).RootElement;
}
