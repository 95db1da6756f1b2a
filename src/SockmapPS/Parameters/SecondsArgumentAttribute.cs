using System.Globalization;
using System.Management.Automation;

namespace SockmapPS.Parameters;

/// <summary>
/// Takes a time as seconds (<c>5</c>, <c>0.5</c>) or as a TimeSpan (<c>'00:01:00'</c>). PowerShell alone would read 5
/// as 5 ticks, and '5' as 5 days.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecondsArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc />
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        TimeSpan? time = data switch
        {
            TimeSpan span => span,
            null => null,
            _ => Read(LanguagePrimitives.ConvertTo<string>(data)),
        };
        return time is { } value && value >= TimeSpan.Zero
            ? value
            : throw new ArgumentTransformationMetadataException(
                $"'{data ?? "$null"}' is not a time: give seconds (5, 0.5) or a TimeSpan ('00:01:00'), not below zero.");
    }

    private static TimeSpan? Read(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds))
        {
            return Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan span) ? span : null;
    }
}
