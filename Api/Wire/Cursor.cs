using System.Buffers.Text;
using System.Text.Json;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Wire;

/// <summary>The content of a cursor: the sort order and the last item of the page.</summary>
/// <param name="Ticks">The full precision of a UTC time; rounded, a page would begin at a wrong item.</param>
internal sealed record CursorText(string Sort, string? Text, long? Number, long? Ticks, string? Id);

/// <summary>Encodes cursors. They are opaque but not secret: a forged one shows another part of the same list.</summary>
internal static class Cursor
{
    private const int MaxCharacters = 6144;

    public static string Write(string sort, PageKey key) =>
        Write(new CursorText(sort, key.Text, key.Number, key.Time?.UtcTicks, key.Id.ToString()));

    public static string WriteOffset(string list, long offset) => Write(new CursorText(list, null, offset, null, null));

    public static string WriteName(string sort, string name, long number) => Write(new CursorText(sort, name, number, null, null));

    /// <summary>Whether a client can send the cursor back.</summary>
    public static bool IsShort(string cursor) => cursor.Length <= MaxCharacters;

    public static bool TryReadName(string cursor, string sort, out string name, out long number)
    {
        (name, number) = ("", 0);
        if (Decode(cursor) is not { Text: { } text, Number: { } found } decoded || decoded.Sort != sort
            || text.Contains('\0', StringComparison.Ordinal))
            return false;
        (name, number) = (text, found);
        return true;
    }

    public static bool TryRead(string cursor, string sort, out PageKey? key)
    {
        key = null;
        if (Decode(cursor) is not { } text || text.Sort != sort || !UploadId.TryParse(text.Id, out var id))
            return false;
        // PostgreSQL cannot store NUL, and .NET no time outside its range.
        if (text.Text?.Contains('\0', StringComparison.Ordinal) == true || text.Ticks < 0 || text.Ticks > DateTimeOffset.MaxValue.UtcTicks)
            return false;
        DateTimeOffset? time = text.Ticks is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        key = new PageKey(text.Text, text.Number, time, id);
        return true;
    }

    public static bool TryReadOffset(string cursor, string list, out long offset)
    {
        offset = 0;
        if (Decode(cursor) is not { Number: >= 0 and { } number } text || text.Sort != list)
            return false;
        offset = number;
        return true;
    }

    private static string Write(CursorText text) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(text, ApiJson.Out.CursorText));

    private static CursorText? Decode(string cursor)
    {
        if (cursor.Length > MaxCharacters || !Base64Url.IsValid(cursor))
            return null;
        try
        {
            return JsonSerializer.Deserialize(Base64Url.DecodeFromChars(cursor), ApiJson.In.CursorText);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }
}
