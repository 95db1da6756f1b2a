namespace Sockmap.Bpf.Loading;

/// <summary>How many steps the comparisons for one object may take, whichever types it is compared with.</summary>
/// <remarks>A damaged object can describe types whose comparison would never end.</remarks>
internal sealed class CoreBudget(string objectName)
{
    private const int MaxSteps = 1_000_000;
    private const int MaxStepsOfObject = 20_000_000;

    private int _steps;
    private int _stepsOfObject;

    /// <summary>Starts the count of steps anew; to be called once a relocation.</summary>
    public void Restart() => _steps = 0;

    /// <summary>Counts one step of a search.</summary>
    /// <exception cref="BpfFormatException">It was one too many.</exception>
    public void Step()
    {
        if (++_steps > MaxSteps || ++_stepsOfObject > MaxStepsOfObject)
        {
            throw new BpfFormatException(objectName, "its types take too many steps to compare with the kernel's");
        }
    }
}
