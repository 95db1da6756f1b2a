using System.Text.Json;
using Sockmap.TestKit.Placement;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary>What the command can do with some of root's capabilities, and what it says where that is not enough.</summary>
public sealed class PrivilegeTests : IDisposable
{
    private readonly TestCgroup cgroup = TestCgroup.Create();
    private readonly TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();

    public void Dispose()
    {
        bpffs.Dispose();
        cgroup.Dispose();
    }

    [Theory]
    [InlineData("+bpf,+net_admin,+perfmon")]
    [InlineData("+sys_admin")]
    public async Task The_capabilities_that_are_asked_for_are_enough(string capabilities)
    {
        (int installed, _, string error) = await SockmapProcess.RunWithCapabilitiesAsync(capabilities, "install", "--cgroup", cgroup.Path, "--bpffs", bpffs.Path);
        Assert.True(installed == 0, error);

        // Finding a cgroup by its id takes another capability; without it the hierarchy is searched.
        (int shown, string status, _) = await SockmapProcess.RunWithCapabilitiesAsync(capabilities, "status", "--json", "--bpffs", bpffs.Path);
        Assert.Equal(0, shown);
        Assert.Equal(cgroup.Path, JsonDocument.Parse(status).RootElement[0].GetProperty("cgroup").GetString());
        Assert.Equal(0, (await SockmapProcess.RunWithCapabilitiesAsync(capabilities, "remove", "--bpffs", bpffs.Path)).Code);
    }

    [Theory]
    [InlineData("+net_admin,+perfmon", "CAP_BPF")]
    [InlineData("+bpf,+perfmon", "CAP_NET_ADMIN")]
    [InlineData("+bpf,+net_admin", "CAP_PERFMON")]
    public async Task The_one_that_is_missing_is_named_and_nothing_is_left(string capabilities, string missing)
    {
        (int code, _, string error) = await SockmapProcess.RunWithCapabilitiesAsync(capabilities, "install", "--cgroup", cgroup.Path, "--bpffs", bpffs.Path);

        Assert.Equal(6, code);
        Assert.StartsWith($"sockmap: This process lacks {missing}: ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.Combine(bpffs.Path, "sockmapps")));
    }

    [Theory]
    [InlineData("+chown")]
    [InlineData("+bpf,+perfmon")]
    public async Task Its_owner_sees_and_removes_a_bypass_without_any(string capabilities)
    {
        Assert.Equal(0, (await SockmapProcess.RunAsync("install", "--cgroup", cgroup.Path, "--bpffs", bpffs.Path)).Code);

        (int shown, string status, string error) = await SockmapProcess.RunWithCapabilitiesAsync(capabilities, "status", "--json", "--bpffs", bpffs.Path);
        Assert.True(shown == 0, error);
        Assert.Equal("Active", JsonDocument.Parse(status).RootElement[0].GetProperty("state").GetString());
        Assert.Equal(0, (await SockmapProcess.RunWithCapabilitiesAsync(capabilities, "remove", "--bpffs", bpffs.Path)).Code);
    }

    [Theory]
    [InlineData("status", "default")]
    [InlineData("remove", "default")]
    [InlineData("entries", "default")]
    public async Task Another_user_is_told_that_it_is_not_his_rather_than_not_there(params string[] arguments)
    {
        Assert.Equal(0, (await SockmapProcess.RunAsync("install", "--cgroup", cgroup.Path, "--bpffs", bpffs.Path)).Code);
        File.SetUnixFileMode(bpffs.Path, File.GetUnixFileMode(bpffs.Path) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);

        (int code, _, string error) = await SockmapProcess.RunUnprivilegedAsync([.. arguments, "--bpffs", bpffs.Path]);

        Assert.True(code == 6, error);
        Assert.Equal(0, (await SockmapProcess.RunAsync("remove", "--bpffs", bpffs.Path)).Code);
    }
}
