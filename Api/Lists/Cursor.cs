using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Lists;

/// <summary>The content of a cursor: the sort order and the last item of the page.</summary>
/// <param name="Ticks">The full precision of a UTC time; with a rounded time, a page would begin at the wrong item.</param>
internal sealed record CursorText(string Sort, string? Text, long? Number, long? Ticks, string? Id);

/// <summary>The parts that the cursors of a list contain. A cursor without it belongs to another list, or was forged.</summary>
[Flags]
internal enum CursorParts
{
    None = 0,
    Id = 1,

    /// <summary>A number that is not negative.</summary>
    Number = 2,
    Text = 4,
    Time = 8,
}

/// <summary>Encodes cursors. They are opaque but not secret: a forged one shows another part of the same list.</summary>
internal static class Cursor
{
    private const int MaxCharacters = 6144;

    /// <summary>Returns an example of a cursor of the list for the contract.</summary>
    public static string Example(string list) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{{\"sort\":\"{list}\"}}"));

    public static string Write(string list, PageKey key) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(
        new CursorText(list, key.Text, key.Number, key.Time?.UtcTicks, key.Id == default ? null : key.Id.ToString()),
        ApiJson.Out.CursorText));

    /// <summary>Returns whether a client can send the cursor back.</summary>
    public static bool IsShort(string cursor) => cursor.Length <= MaxCharacters;

    /// <summary>Returns the key in a cursor of this list; null for any other.</summary>
    public static PageKey? Read(string cursor, string list, CursorParts parts)
    {
        if (Decode(cursor) is not { } text || text.Sort != list)
            return null;
        UploadId id = default;
        if (text.Id is not null && !UploadId.TryParse(text.Id, out id))
            return null;
        // PostgreSQL cannot store NUL, and .NET no time outside its range.
        if (text.Text?.Contains('\0', StringComparison.Ordinal) == true || text.Ticks < 0 || text.Ticks > DateTimeOffset.MaxValue.UtcTicks)
            return null;
        if (parts.HasFlag(CursorParts.Number) && text.Number < 0)
            return null;
        var held = (text.Id is null ? 0 : CursorParts.Id) | (text.Number is null ? 0 : CursorParts.Number)
            | (text.Text is null ? 0 : CursorParts.Text) | (text.Ticks is null ? 0 : CursorParts.Time);
        return held.HasFlag(parts)
            ? new PageKey(text.Text, text.Number, text.Ticks is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null, id)
            : null;
    }

    private static CursorText? Decode(string cursor)
    {
        if (!IsShort(cursor) || !Base64Url.IsValid(cursor))
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
