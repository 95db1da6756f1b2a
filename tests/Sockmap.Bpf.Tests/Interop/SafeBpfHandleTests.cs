using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Tests.Interop;

public sealed class SafeBpfHandleTests
{
    private sealed class BorrowedHandle : SafeHandle
    {
        public BorrowedHandle(nint descriptor)
            : base(-1, ownsHandle: false) => SetHandle(descriptor);

        public override bool IsInvalid => handle < 0;

        protected override bool ReleaseHandle() => true;
    }

    [Fact]
    public void A_low_descriptor_is_lent_to_bpf_as_a_copy()
    {
        using BorrowedHandle standardInput = new(0);
        using DescriptorLease lease = new(standardInput);
        Assert.True(lease.Descriptor >= 3);
        Assert.Equal(
            new FileInfo("/proc/self/fd/0").LinkTarget,
            new FileInfo($"/proc/self/fd/{lease.Descriptor}").LinkTarget);
    }

    [Fact]
    public void No_handle_is_zero_which_bpf_takes_for_not_given()
    {
        using DescriptorLease lease = new(null);
        Assert.Equal(0, lease.Descriptor);
    }

    [Fact]
    public void Descriptors_are_closed_on_exec()
    {
        using SafeBpfHandle handle = DirectoryDescriptor.Open("/", "Testing");
        using SafeBpfHandle copy = SafeBpfHandle.Duplicate(handle);
        foreach (SafeBpfHandle each in new[] { handle, copy })
        {
            string flags = File.ReadLines($"/proc/self/fdinfo/{each.DangerousGetHandle()}").Single(static line => line.StartsWith("flags:", StringComparison.Ordinal));
            Assert.NotEqual(0, Convert.ToInt32(flags[6..].Trim(), 8) & Constants.O_CLOEXEC);
        }
    }

    [Fact]
    public void A_closed_handle_cannot_be_lent()
    {
        SafeBpfHandle handle = DirectoryDescriptor.Open("/", "Testing");
        handle.Dispose();
        Assert.Throws<ObjectDisposedException>(() =>
        {
            using DescriptorLease lease = new(handle);
        });
    }
}
