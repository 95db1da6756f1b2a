using System.Text;
using Sockmap.TestKit.Interop;

namespace Sockmap.TestKit.Placement;

/// <summary>A small array map and a program that does nothing, made without the product: something for an observer to see.</summary>
public sealed class TestBpfObjects : IDisposable
{
    private const int NameLength = 15;

    private int _map = -1;
    private int _program = -1;

    /// <exception cref="Sockmap.Traffic.Interop.SystemCallException">The kernel refuses.</exception>
    public unsafe TestBpfObjects(string mapName, string programName)
    {
        // union bpf_attr (linux/bpf.h): map_type, key_size, value_size, max_entries; map_name at 28.
        Span<byte> attributes = stackalloc byte[72];
        attributes.Clear();
        attributes[0] = LibC.BPF_MAP_TYPE_ARRAY;
        attributes[4] = 4;
        attributes[8] = 4;
        attributes[12] = 1;
        WriteName(mapName, attributes[28..]);
        fixed (byte* pointer = attributes)
        {
            _map = (int)LibC.syscall(LibC.SYS_bpf, LibC.BPF_MAP_CREATE, pointer, attributes.Length);
        }

        Errors.Check(_map, $"bpf(MAP_CREATE, {mapName})");

        // r0 = 0; exit
        ulong* instructions = stackalloc ulong[] { 0xB7, 0x95 };
        byte* license = stackalloc byte[] { (byte)'G', (byte)'P', (byte)'L', 0 };

        // prog_type, insn_cnt, insns, license; prog_name at 48.
        attributes.Clear();
        attributes[0] = LibC.BPF_PROG_TYPE_SOCKET_FILTER;
        attributes[4] = 2;
        BitConverter.TryWriteBytes(attributes[8..], (ulong)instructions);
        BitConverter.TryWriteBytes(attributes[16..], (ulong)license);
        WriteName(programName, attributes[48..]);
        fixed (byte* pointer = attributes)
        {
            _program = (int)LibC.syscall(LibC.SYS_bpf, LibC.BPF_PROG_LOAD, pointer, attributes.Length);
        }

        if (_program < 0)
        {
            Exception error = Errors.Failed($"bpf(PROG_LOAD, {programName})");
            Dispose();
            throw error;
        }
    }

    public void Dispose()
    {
        foreach (int descriptor in new[] { _map, _program })
        {
            if (descriptor >= 0)
            {
                _ = LibC.close(descriptor);
            }
        }

        _map = _program = -1;
    }

    private static void WriteName(string name, Span<byte> destination) =>
        Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, NameLength)), destination);
}
