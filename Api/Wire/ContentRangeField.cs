using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

/// <summary><c>Content-Range: bytes A-B/*</c> or <c>bytes A-B/N</c> of a request that continues inside a chunk (RFC 9110, 14.4).</summary>
/// <param name="Total">The whole file's size; null if the client sent an asterisk.</param>
internal readonly record struct ContentRangeField(long First, long Last, long? Total)
{
    private const string Unit = "bytes ";

    public long Length => Last - First + 1;

    public static FieldStatus Read(StringValues field, out ContentRangeField range)
    {
        range = default;
        if (field.Count == 0)
            return FieldStatus.Absent;
        if (field.Count > 1)
            return FieldStatus.Contradictory;
        var text = field[0].AsSpan().Trim(' ');
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            return FieldStatus.Malformed;
        text = text[Unit.Length..].TrimStart(' ');
        var slash = text.IndexOf('/');
        var dash = text.IndexOf('-');
        if (dash < 0 || slash < dash)
            return FieldStatus.Malformed;
        if (!WholeNumber.TryParse(text[..dash], out var first) || !WholeNumber.TryParse(text[(dash + 1)..slash], out var last))
            return FieldStatus.Malformed;
        // The end, one more than the last byte's index, must still be a number.
        if (last < first || last == long.MaxValue)
            return FieldStatus.Malformed;
        var rest = text[(slash + 1)..];
        long? total = null;
        if (!rest.SequenceEqual("*"))
        {
            if (!WholeNumber.TryParse(rest, out var size) || size <= last)
                return FieldStatus.Malformed;
            total = size;
        }

        range = new ContentRangeField(first, last, total);
        return FieldStatus.Found;
    }
}
