using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using Sockmap.Measuring;

namespace SockmapPS.Parameters;

/// <summary>
/// A measurement, or what is left of one after remoting, Import-Clixml or ConvertFrom-Json: an object of its properties, by
/// name whatever the case. An object without one of them, or with a value that cannot be one's, is none.
/// </summary>
internal static class MeasurementArgument
{
    private static readonly PropertyInfo[] Properties =
        [.. typeof(Measurement).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];

    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>Reads it.</summary>
    /// <exception cref="PSInvalidCastException">It is none; the message names the property.</exception>
    public static Measurement Read(PSObject value)
    {
        if (value.BaseObject is Measurement measurement)
        {
            return measurement;
        }

        // Set by reflection below, each of them or an error.
        Measurement read = Activator.CreateInstance<Measurement>();
        foreach (PropertyInfo property in Properties)
        {
            object? found = value.Properties[property.Name]?.Value;
            if (found is not null)
            {
                property.SetValue(read, Convert(property, found));
            }
            else if (Nullability.Create(property).WriteState != NullabilityState.Nullable)
            {
                throw new PSInvalidCastException($"An object is no measurement of Measure-SockmapBypass: it has no {property.Name}.");
            }
        }

        return read;
    }

    private static object? Convert(PropertyInfo property, object found)
    {
        try
        {
            return LanguagePrimitives.ConvertTo(found, property.PropertyType, CultureInfo.InvariantCulture);
        }
        catch (PSInvalidCastException e)
        {
            throw new PSInvalidCastException($"An object is no measurement of Measure-SockmapBypass: its {property.Name} is '{found}'.", e);
        }
    }
}
