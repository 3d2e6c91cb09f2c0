using System.Text.Json;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>The messages of <see cref="ProjectSocket"/>: each is an object with type and data.</summary>
internal static class ProjectMessages
{
    /// <summary>Returns the message for lost messages: the client must read the list again, which has this number or a later one.</summary>
    public static byte[] Resync(long sequence) => Message("resync", writer => writer.WriteNumber("sequence", sequence));

    /// <summary>
    /// Returns the messages of an event: one for each of the first changes of a batch. If the batch has more, a last message tells the
    /// client to read the list again.
    /// </summary>
    public static IEnumerable<byte[]> Of(ProjectEvent one)
    {
        using var row = JsonDocument.Parse(one.Data);
        var data = row.RootElement;
        if (!data.TryGetProperty("changes", out var changes))
            return [Message(one.Type, writer => WriteFields(writer, one, data))];
        var told = changes.EnumerateArray()
            .Select(change => Message(change.GetProperty("type").GetString()!, writer => WriteFields(writer, one, change))).ToList();
        var count = data.GetProperty("added").GetInt64() + data.GetProperty("updated").GetInt64() + data.GetProperty("removed").GetInt64();
        if (told.Count < count)
            told.Add(Resync(one.Sequence));
        return told;
    }

    private static void WriteFields(Utf8JsonWriter writer, ProjectEvent one, JsonElement fields)
    {
        writer.WriteNumber("sequence", one.Sequence);
        if (one.Device is { } device)
            writer.WriteString("device_id", device);
        foreach (var field in fields.EnumerateObject().Where(field => field.Name != "type"))
            field.WriteTo(writer);
    }

    public static byte[] Message(string type, Action<Utf8JsonWriter> writeData)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteStartObject("data");
            writeData(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
