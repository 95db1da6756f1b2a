using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>Compares every member of a JSON object with the property of the same words.</summary>
internal static class FieldComparison
{
    /// <summary>The names of the JSON's members, each of which was found equal.</summary>
    public static IReadOnlyList<string> AssertAllEqual(JsonElement expected, object actual)
    {
        List<string> compared = [];
        foreach (JsonProperty member in expected.EnumerateObject())
        {
            string name = PascalCase(member.Name);
            PropertyInfo? property = actual.GetType().GetProperty(name);
            Assert.True(property is not null, $"{actual.GetType().Name} has no {name} for bpftool's {member.Name}");
            AssertEqual(member.Name, member.Value, property.GetValue(actual));
            compared.Add(member.Name);
        }

        return compared;
    }

    /// <summary>"netns_ino" is NetnsIno, "bytes_xlated" BytesXlated; "ifindex" and "devname" are two words to us.</summary>
    public static string PascalCase(string name) => name switch
    {
        "ifindex" => "IfIndex",
        "devname" => "DevName",
        _ => string.Concat(name.Split('_').Select(static word => char.ToUpperInvariant(word[0]) + word[1..])),
    };

    private static void AssertEqual(string name, JsonElement expected, object? actual)
    {
        switch (actual)
        {
            case DateTime time:
                long seconds = new DateTimeOffset(time).ToUnixTimeSeconds();
                Assert.InRange(seconds, expected.GetInt64() - 2, expected.GetInt64() + 2);
                break;
            case Enum word:
                string text = expected.ValueKind == JsonValueKind.Number
                    ? expected.GetInt32().ToString(CultureInfo.InvariantCulture)
                    : expected.GetString()!.Replace("_", "", StringComparison.Ordinal);
                string ours = expected.ValueKind == JsonValueKind.Number
                    ? Convert.ToInt32(word, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)
                    : word.ToString();
                Assert.Equal(text, ours, ignoreCase: true);
                break;
            case bool flag:
                Assert.True(
                    flag == (expected.ValueKind == JsonValueKind.Number ? expected.GetInt32() != 0 : expected.GetBoolean()),
                    $"{name}: bpftool says {expected}, we say {flag}");
                break;
            case string word:
                Assert.Equal(expected.GetString(), word);
                break;
            case IEnumerable list:
                // A program's maps are told in their order; users of BTF come out of bpftool's hash table.
                Assert.Equal(
                    expected.EnumerateArray().Select(static item => item.ToString()).Order(StringComparer.Ordinal),
                    list.Cast<object>().Select(static item => Convert.ToString(item, CultureInfo.InvariantCulture)!).Order(StringComparer.Ordinal));
                break;
            default:
                Assert.Equal(expected.ToString(), Convert.ToString(actual, CultureInfo.InvariantCulture));
                break;
        }
    }
}
