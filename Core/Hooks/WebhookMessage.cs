using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ChunkUpload.Core.Hooks;

/// <summary>Writes an event as a request body in the webhook's format.</summary>
public static class WebhookMessage
{
    // The body is never embedded in a page. Without escapes, names in all scripts stay readable.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="json">The event as JSON from the ledger.</param>
    public static byte[] Body(WebhookFormat format, string id, string kind, string json)
    {
        using var document = JsonDocument.Parse(json);
        var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Relaxed))
        {
            if (format == WebhookFormat.Tusd)
                WriteTusd(writer, kind, document.RootElement);
            else
                WriteOwn(writer, id, kind, document.RootElement);
        }

        return bytes.ToArray();
    }

    /// <summary>Returns the event of a test.</summary>
    public static string Test(string subject, DateTimeOffset at) => Of(
        new WebhookUpload(
            "test", "tus", "test.txt", "text/plain", 0, 0, null, false, [], new Dictionary<string, string> { ["filename"] = "test.txt" }),
        subject, at);

    /// <summary>Returns a message about an upload that is not based on an event.</summary>
    /// <param name="subject">The subject that the upload belongs to.</param>
    public static string Of(WebhookUpload upload, string subject, DateTimeOffset at)
    {
        var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("at", at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteString("owner", subject);
            writer.WriteString("by", subject);
            writer.WriteStartObject("data");
            writer.WriteEndObject();
            writer.WriteStartObject("topic");
            writer.WriteString("kind", TopicKinds.Upload);
            writer.WriteString("id", upload.Id);
            writer.WriteEndObject();
            writer.WriteStartObject("upload");
            writer.WriteString("id", upload.Id);
            writer.WriteString("protocol", upload.Protocol);
            writer.WriteString("name", upload.Name);
            writer.WriteString("contentType", upload.ContentType);
            if (upload.Size is { } size)
                writer.WriteNumber("size", size);
            else
                writer.WriteNull("size");
            writer.WriteNumber("received", upload.Received);
            writer.WriteString("sha256", upload.Sha256);
            writer.WriteBoolean("isPart", upload.IsPart);
            writer.WriteStartArray("parts");
            foreach (var part in upload.Parts)
                writer.WriteStringValue(part);
            writer.WriteEndArray();
            writer.WriteStartObject("metadata");
            foreach (var (name, value) in upload.Metadata)
                writer.WriteString(name, value);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteOwn(Utf8JsonWriter writer, string id, string kind, JsonElement report)
    {
        writer.WriteStartObject();
        writer.WriteString("id", id);
        writer.WriteString("kind", kind);
        foreach (var name in (string[])["event", "at", "owner", "by", "topic", "upload", "data"])
        {
            writer.WritePropertyName(name);
            if (report.TryGetProperty(name, out var value))
                value.WriteTo(writer);
            else
                writer.WriteNullValue();
        }

        writer.WriteEndObject();
    }

    // The JSON names are those of tusd.
    private static void WriteTusd(Utf8JsonWriter writer, string kind, JsonElement report)
    {
        var upload = report.GetProperty("upload");
        var size = upload.GetProperty("size");
        writer.WriteStartObject();
        writer.WriteString("Type", WebhookKinds.TusdHook(kind));
        writer.WriteStartObject("Event");
        writer.WriteStartObject("Upload");
        writer.WriteString("ID", upload.GetProperty("id").GetString());
        writer.WriteNumber("Size", size.ValueKind == JsonValueKind.Number ? size.GetInt64() : 0);
        writer.WriteBoolean("SizeIsDeferred", size.ValueKind != JsonValueKind.Number);
        writer.WriteNumber("Offset", kind == "created" ? 0 : upload.GetProperty("received").GetInt64());
        WriteMetadata(writer, upload);
        writer.WriteBoolean("IsPartial", upload.GetProperty("isPart").GetBoolean());
        var parts = upload.GetProperty("parts");
        writer.WriteBoolean("IsFinal", parts.GetArrayLength() > 0);
        writer.WritePropertyName("PartialUploads");
        parts.WriteTo(writer);
        writer.WriteStartObject("Storage");
        writer.WriteString("Type", "chunkupload");
        writer.WriteEndObject();
        writer.WriteEndObject();
        // The ledger does not keep requests.
        writer.WriteStartObject("HTTPRequest");
        var creates = kind is "created" or WebhookKinds.Creating or WebhookKinds.Test;
        writer.WriteString("Method", creates ? "POST" : kind is "cancelled" or "deleted" ? "DELETE" : "PATCH");
        writer.WriteString("URI", creates ? "/files" : $"/files/{upload.GetProperty("id").GetString()}");
        writer.WriteString("RemoteAddr", "");
        writer.WriteStartObject("Header");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // Clients of other protocols than tus send no such metadata fields.
    private static void WriteMetadata(Utf8JsonWriter writer, JsonElement upload)
    {
        var metadata = upload.GetProperty("metadata");
        writer.WriteStartObject("MetaData");
        foreach (var one in metadata.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.String))
            one.WriteTo(writer);
        foreach (var (name, from) in (ReadOnlySpan<(string, string)>)[("filename", "name"), ("filetype", "contentType")])
        {
            if (!metadata.TryGetProperty(name, out _))
                writer.WriteString(name, upload.GetProperty(from).GetString());
        }

        writer.WriteEndObject();
    }
}

/// <summary>An upload in the form that hooks receive.</summary>
public sealed record WebhookUpload(
    string Id, string Protocol, string Name, string ContentType, long? Size, long Received, string? Sha256, bool IsPart,
    IReadOnlyList<string> Parts, IReadOnlyDictionary<string, string> Metadata)
{
    public static WebhookUpload Of(Upload upload) => new(
        upload.Id.ToString(), upload.Protocol.ToString().ToLowerInvariant(), upload.FileName, upload.ContentType, upload.Size,
        upload.ReceivedBytes, (upload.Sha256 ?? upload.DeclaredSha256)?.ToString(), upload.IsPart,
        [.. upload.Parts.Select(part => part.ToString())], upload.Metadata);
}
