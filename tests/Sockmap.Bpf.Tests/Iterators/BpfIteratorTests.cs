using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Iterators;

public sealed class BpfIteratorTests
{
    private const int Pairs = 100;

    [Fact]
    public void Every_key_of_a_sockhash_is_read()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockHash, entries: 2 * Pairs);
        List<TcpPair> pairs = [];
        try
        {
            for (int i = 0; i < Pairs; i++)
            {
                TcpPair pair = new();
                pairs.Add(pair);
                map.UpdateDescriptor(BitConverter.GetBytes(2 * i), pair.Client.SafeHandle);
                map.UpdateDescriptor(BitConverter.GetBytes((2 * i) + 1), pair.Server.SafeHandle);
            }

            using BpfProgram program = KeyWriter();
            using BpfLink link = BpfLink.CreateIterator(program, map);
            LinkInfo info = link.GetInfo();
            Assert.Equal((BpfLinkType.Iter, "sockmap", map.GetInfo().Id), (info.Type, info.TargetName, info.MapId));
            Assert.Null(info.CgroupId);
            Assert.Equal(Enumerable.Range(0, 2 * Pairs), BpfIterator.ReadRecords<int>(link).Distinct().Order());

            // Small reads do too; handed to the kernel as they are, they would never end.
            using Stream stream = BpfIterator.Open(link);
            using MemoryStream copy = new();
            stream.CopyTo(copy, 12);
            Assert.Equal(0, copy.Length % sizeof(int));
            copy.Position = 0;
            Assert.Equal(Enumerable.Range(0, 2 * Pairs), BpfIterator.ReadRecords<int>(copy).Distinct().Order());
        }
        finally
        {
            pairs.ForEach(static pair => pair.Dispose());
        }
    }

    [Fact]
    public void An_iterator_over_a_map_needs_the_map()
    {
        using BpfProgram program = KeyWriter();
        Assert.Equal("EBADF", Assert.Throws<BpfException>(() => BpfLink.CreateIterator(program, null)).ErrnoName);
        using BpfMap other = TestObjects.Map(BpfMapType.Hash);
        Assert.Equal("EINVAL", Assert.Throws<BpfException>(() => BpfLink.CreateIterator(program, other)).ErrnoName);
    }

    [Fact]
    public void Only_iterator_links_can_be_read()
    {
        using TestCgroup cgroup = new();
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath);
        using BpfProgram program = TestObjects.SockOps();
        using BpfLink link = BpfLink.CreateCgroup(program, directory.Handle, BpfAttachType.CgroupSockOps);
        Assert.Equal("EINVAL", Assert.Throws<BpfException>(() => BpfIterator.Open(link)).ErrnoName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(4096)]
    public void Records_split_between_reads_are_put_together(int chunk)
    {
        long[] expected = [.. Enumerable.Range(0, 1000).Select(static i => i * 1_000_003L)];
        using ChunkedStream stream = new([.. expected.SelectMany(BitConverter.GetBytes)], chunk);
        Assert.Equal(expected, BpfIterator.ReadRecords<long>(stream));
    }

    [Fact]
    public void An_end_inside_a_record_is_an_error()
    {
        using ChunkedStream stream = new(new byte[20], 5);
        IEnumerator<long> records = BpfIterator.ReadRecords<long>(stream).GetEnumerator();
        Assert.True(records.MoveNext());
        Assert.True(records.MoveNext());
        Assert.Contains("4 bytes into a record of 8", Assert.Throws<InvalidDataException>(() => records.MoveNext()).Message, StringComparison.Ordinal);
    }

    /// <summary>Writes the 4-byte key of every element.</summary>
    private static BpfProgram KeyWriter() => BpfProgram.Load(new()
    {
        Name = "key_writer",
        Type = BpfProgramType.Tracing,
        ExpectedAttachType = BpfAttachType.TraceIter,
        AttachBtfId = BtfSpec.LoadKernel().TryFind("bpf_iter_sockmap", BtfKind.Function, out BtfType function) ? function.Id : 0,
        Instructions = Insn.Program(
            Insn.Load64(6, 1, 0), // meta
            Insn.Load64(7, 6, 0), // seq
            Insn.Load64(8, 1, 16), // key
            Insn.JumpIfZero(8, 7),
            Insn.Load32(1, 8, 0),
            Insn.Store32(10, -4, 1),
            Insn.Mov(1, 7),
            Insn.Mov(2, 10),
            Insn.AddImm(2, -4),
            Insn.MovImm(3, 4),
            Insn.Call(127), // bpf_seq_write
            Insn.MovImm(0, 0),
            Insn.Exit()),
    });

    private sealed class ChunkedStream(byte[] data, int chunk) : MemoryStream(data)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);
    }
}
