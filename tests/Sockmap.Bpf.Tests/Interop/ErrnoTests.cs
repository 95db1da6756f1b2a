namespace Sockmap.Bpf.Tests.Interop;

public sealed class ErrnoTests
{
    [Fact]
    public void The_kernels_own_code_524_has_a_name()
    {
        Assert.Equal("ENOTSUPP", Errno.GetName(524));
        Assert.True(Errno.TryGetNumber("ENOTSUPP", out int number));
        Assert.Equal(524, number);
    }

    [Fact]
    public void A_number_without_a_name_is_still_told()
    {
        Assert.Equal("errno 4000", Errno.GetName(4000));
        Assert.False(Errno.TryGetNumber("ENOSUCHNAME", out _));
    }

    [Fact]
    public void The_message_has_operation_name_number_and_meaning()
    {
        BpfException exception = new("Pinning a map at '/x'", Errno.EPERM);
        Assert.Equal("Pinning a map at '/x': EPERM (1), Operation not permitted", exception.Message);
        Assert.Equal(("EPERM", 1), (exception.ErrnoName, exception.Errno));
    }

    [Fact]
    public void A_verifier_message_leaves_the_statistics_out()
    {
        VerifierException exception = new("Loading x", Errno.EACCES, "0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000)\n");
        Assert.Contains("R0 !read_ok", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("processed", exception.Message, StringComparison.Ordinal);
        Assert.Contains("processed", exception.VerifierLog, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_feature_names_the_kernel_that_has_it()
    {
        UnsupportedFeatureException exception = new("sockmap links", new Version(6, 10), "Linking", Errno.EINVAL);
        Assert.Equal("Linking: this kernel does not support sockmap links (Linux 6.10 or later has it): EINVAL (22), Invalid argument", exception.Message);
    }
}
