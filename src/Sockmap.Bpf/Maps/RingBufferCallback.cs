namespace Sockmap.Bpf.Maps;

/// <summary>Takes one record of a ring buffer.</summary>
/// <param name="record">The record, in the memory shared with the kernel: valid only during the call.</param>
public delegate void RingBufferCallback(ReadOnlySpan<byte> record);
