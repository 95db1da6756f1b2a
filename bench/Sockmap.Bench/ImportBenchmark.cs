using System.Globalization;

namespace Sockmap.Bench;

/// <summary>What importing the module adds to a PowerShell's start.</summary>
internal static class ImportBenchmark
{
    public static int Run(string powerShell, string manifest, int rounds)
    {
        double[] empty = new double[rounds], imported = new double[rounds], used = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            empty[i] = Start("exit 0");
            imported[i] = Start($"Import-Module '{manifest}'; exit 0");
            used[i] = Start($"Import-Module '{manifest}'; $null = Get-SockmapBypass; exit 0");
        }

        double Start(string script) => MeasuredProcess.Run(powerShell, ["-NoProfile", "-NonInteractive", "-Command", script]).Milliseconds;
        (double without, double with, double first) = (Median(empty), Median(imported), Median(used));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Module import, ms; medians of {rounds} starts of PowerShell, each one after the other"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"without {without:0}, with Import-Module {with:0}, and Get-SockmapBypass {first:0}"));
        Ratios.Note("start of PowerShell with Import-Module, of one without", with / without);
        return 0;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
