using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>
/// The program array of a bypass. The root program calls the first slot: the verdict, or where policies judge, the first
/// of their gates, which calls the next ones, and the last of them the verdict in a slot of its own.
/// </summary>
/// <param name="slots">The array.</param>
internal sealed class BypassSlots(BpfMap slots)
{
    private const uint First = SlotLayout.First;
    private const uint Verdict = SlotLayout.Verdict;
    private const uint Leave = SlotLayout.Leave;

    /// <summary>Whether it has room for gates; one that an older version made has not.</summary>
    public bool TakesGates => slots.MaxEntries >= SlotLayout.Count;

    /// <summary>Messages reach a verdict that may redirect.</summary>
    public bool IsRedirecting(uint? leaveId) =>
        slots.TryLookup(First, out uint first) && first != leaveId
        && (!TakesGates || (slots.TryLookup(Verdict, out uint verdict) && verdict != leaveId));

    /// <summary>Whether any policy's gate is in it.</summary>
    public bool HasGates => Gates().Any();

    /// <summary>Whether a policy's gate is in it.</summary>
    public bool HasGate(uint number) => TakesGates && slots.TryLookup(GateOf(number), out uint _);

    /// <summary>Puts the verdict in, and the one that takes its place for what has to stay on TCP.</summary>
    public void Fill(BpfProgram verdict, BpfProgram leave)
    {
        Put(Verdict, verdict);
        Put(Leave, leave);
        Put(First, verdict);
    }

    /// <summary>Puts a policy's gate in, before the verdict and behind the gates of lower numbers.</summary>
    public void AddGate(uint number, BpfProgram gate)
    {
        bool isFirst = !Gates().Any(place => place < GateOf(number));
        Put(GateOf(number), gate);
        if (isFirst && slots.TryLookup(First, out uint _))
        {
            Put(First, gate);
        }
    }

    /// <summary>Takes a policy's gate out.</summary>
    public void RemoveGate(uint number)
    {
        uint place = GateOf(number);
        if (!slots.TryLookup(place, out uint gate))
        {
            return;
        }

        if (slots.TryLookup(First, out uint first) && first == gate)
        {
            CopyToFirst([.. Gates().Where(other => other != place), Verdict]);
        }

        slots.TryDelete(place);
    }

    /// <summary>Puts the leaving verdict in the verdict's place.</summary>
    /// <returns>False where there was no verdict.</returns>
    public bool BeginToLeave(BpfProgram leave)
    {
        if (!slots.TryLookup(First, out uint first))
        {
            return false;
        }

        bool isGate = IsGate(first);
        if (TakesGates)
        {
            Put(Verdict, leave);
        }

        if (!isGate)
        {
            Put(First, leave);
        }

        return true;
    }

    /// <summary>Takes every verdict out; gates stay, and what passes them goes over TCP.</summary>
    /// <returns>Whether there was one.</returns>
    public bool StopRedirecting()
    {
        if (!slots.TryLookup(First, out uint first))
        {
            return false;
        }

        bool isGate = IsGate(first);
        if (TakesGates)
        {
            slots.TryDelete(Verdict);
            slots.TryDelete(Leave);
        }

        if (!isGate)
        {
            slots.TryDelete(First);
        }

        return true;
    }

    private static uint GateOf(uint number) => SlotLayout.Gates + number;

    private bool IsGate(uint id) => Gates().Any(place => slots.TryLookup(place, out uint gate) && gate == id);

    private IEnumerable<uint> Gates()
    {
        for (uint place = SlotLayout.Gates; TakesGates && place < Verdict; place++)
        {
            if (slots.TryLookup(place, out uint _))
            {
                yield return place;
            }
        }
    }

    private void CopyToFirst(IEnumerable<uint> places)
    {
        foreach (uint place in places)
        {
            if (slots.TryLookup(place, out uint id))
            {
                using BpfProgram program = BpfProgram.OpenById(id);
                Put(First, program);
                return;
            }
        }

        slots.TryDelete(First);
    }

    private void Put(uint place, BpfProgram program) => slots.UpdateDescriptor(BitConverter.GetBytes(place), program.Handle);
}
