using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sockmap.Cli.Output;

/// <summary>Addresses as text.</summary>
internal sealed class IPAddressConverter : JsonConverter<IPAddress>
{
    /// <inheritdoc/>
    public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        IPAddress.TryParse(reader.GetString(), out IPAddress? address)
            ? address
            : throw new JsonException("The text is not an IP address.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
