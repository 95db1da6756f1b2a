using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Btf;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Programs whose section names a function or type of the kernel.</summary>
public sealed class AttachTargetTests
{
    [Theory]
    [InlineData("enters", "FUNC", "tcp_sendmsg")]
    [InlineData("leaves", "FUNC", "tcp_sendmsg")]
    [InlineData("traces", "TYPEDEF", "btf_trace_sched_switch")]
    [InlineData("guards", "FUNC", "bpf_lsm_file_open")]
    public void Functions_and_types_of_the_kernel_are_found_by_their_ids(string name, string kind, string target)
    {
        ObjectSpec spec = TestObjects.Read("targets.bpf.o");
        ProgramSpec program = spec.Programs[name];
        uint id = BpftoolDump.Kernel.Id(kind, target);
        Assert.Equal((id, null), AttachTargets.Find(program, TestObjects.Kernel));

        if (IsForbidden(program, id))
        {
            // Some machines let nobody attach to their functions, whatever is loaded.
            Assert.Equal(Errno.EPERM, Assert.Throws<BpfException>(() => BpfObject.Load(spec, new BpfObjectOptions { Programs = [name] })).Errno);
            return;
        }

        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = [name] });
        Assert.Equal(program.Type, loaded.Programs[name].GetInfo().Type);
    }

    [Theory]
    [InlineData("replaces", "freplace")]
    [InlineData("nowhere", "'no_such_function_here' does not exist in this kernel")]
    public void What_has_no_target_is_refused_by_name(string program, string reason)
    {
        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() => BpfObject.Load(TestObjects.Read("targets.bpf.o"), new BpfObjectOptions { Programs = [program] }));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operation_of_the_kernel_that_stands_in_no_variable_is_refused_by_name() =>
        Assert.Contains("'operates' implements an operation of the kernel (struct_ops), but stands in no variable", Assert.Throws<BpfFormatException>(() =>
            BpfObject.Load(TestObjects.Read("targets.bpf.o"), new BpfObjectOptions { Programs = ["operates"] })).Message, StringComparison.Ordinal);

    private static bool IsForbidden(ProgramSpec program, uint id)
    {
        try
        {
            BpfProgram.Load(new ProgramLoadRequest { Type = program.Type, ExpectedAttachType = program.ExpectedAttachType!.Value, AttachBtfId = id, Instructions = Insn.Return(0) }).Dispose();
            return false;
        }
        catch (BpfException error) when (error.Errno == Errno.EPERM)
        {
            return true;
        }
    }
}
