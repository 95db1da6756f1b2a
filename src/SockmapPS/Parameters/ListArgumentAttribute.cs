using System.Collections;
using System.Management.Automation;

namespace SockmapPS.Parameters;

/// <summary>
/// Reads an argument, or each element of a list of them, from text, numbers, or values that are read already. The error
/// names the value that cannot be read.
/// </summary>
/// <typeparam name="T">What an element becomes.</typeparam>
[AttributeUsage(AttributeTargets.Property)]
public abstract class ListArgumentAttribute<T> : ArgumentTransformationAttribute
    where T : struct
{
    /// <inheritdoc />
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        List<T> values = [];
        try
        {
            Collect(inputData, values);
        }
        catch (FormatException exception)
        {
            throw new ArgumentTransformationMetadataException(exception.Message, exception);
        }

        return values.ToArray();
    }

    /// <summary>Reads one value.</summary>
    /// <exception cref="FormatException">It cannot be read; the message names it.</exception>
    protected abstract T Parse(string text);

    private void Collect(object? data, List<T> values)
    {
        switch (data is PSObject wrapped ? wrapped.BaseObject : data)
        {
            case T value:
                values.Add(value);
                break;
            case IEnumerable list and not string:
                foreach (object? element in list)
                {
                    Collect(element, values);
                }

                break;
            case null:
                throw new FormatException("A value is $null.");
            case object other:
                values.Add(Parse(LanguagePrimitives.ConvertTo<string>(other)));
                break;
        }
    }
}
