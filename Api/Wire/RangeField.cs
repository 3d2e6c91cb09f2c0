using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

internal enum RangeReading
{
    /// <summary>No range, another unit, or a malformed one: send the whole file (RFC 9110, 14.2).</summary>
    Whole,
    Some,

    /// <summary>No requested range lies inside the file.</summary>
    Unsatisfiable,

    /// <summary>More ranges than one request may have.</summary>
    TooMany,
}

/// <summary><c>Range: bytes=0-99,200-,-500</c>.</summary>
internal static class RangeField
{
    /// <summary>Video players and archive readers need fewer than ten; thousands are an attack on the server's disk.</summary>
    public const int MaxRanges = 64;

    private const string Unit = "bytes=";

    /// <summary>
    /// Returns the ranges inside the file in the requested order. If any overlap or touch, all are sorted and merged, so that no byte is
    /// sent twice.
    /// </summary>
    public static RangeReading Read(StringValues field, long size, out IReadOnlyList<ByteRange> ranges)
    {
        ranges = [];
        if (field.Count != 1 || field[0] is not { } text)
            return RangeReading.Whole;
        var rest = text.AsSpan().Trim(' ');
        if (!rest.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            return RangeReading.Whole;
        rest = rest[Unit.Length..];
        var found = new List<ByteRange>();
        var count = 0;
        foreach (var part in rest.Split(','))
        {
            var spec = rest[part].Trim(" \t");
            if (spec.IsEmpty)
                continue;
            if (!TryParse(spec, size, out var range))
                return RangeReading.Whole;
            if (++count > MaxRanges)
                return RangeReading.TooMany;
            if (range.Length > 0)
                found.Add(range);
        }

        if (count == 0)
            return RangeReading.Whole;
        if (found.Count == 0)
            return RangeReading.Unsatisfiable;
        ranges = Join(found);
        return RangeReading.Some;
    }

    // An empty range lies outside the file.
    private static bool TryParse(ReadOnlySpan<char> spec, long size, out ByteRange range)
    {
        range = default;
        var dash = spec.IndexOf('-');
        if (dash < 0)
            return false;
        var before = spec[..dash];
        var after = spec[(dash + 1)..];
        if (before.IsEmpty)
        {
            if (!TryDigits(after, out var suffix))
                return false;
            var length = Math.Min(suffix, size);
            range = new ByteRange(size - length, length);
            return true;
        }

        if (!TryDigits(before, out var first))
            return false;
        var last = long.MaxValue;
        if (!after.IsEmpty && (!TryDigits(after, out last) || last < first))
            return false;
        if (first < size)
            range = ByteRange.Between(first, Math.Min(last, size - 1) + 1);
        return true;
    }

    // A number above 63 bits lies beyond every file.
    private static bool TryDigits(ReadOnlySpan<char> text, out long number)
    {
        number = long.MaxValue;
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9'))
            return false;
        if (!WholeNumber.TryParse(text, out number))
            number = long.MaxValue;
        return true;
    }

    private static List<ByteRange> Join(List<ByteRange> ranges)
    {
        var sorted = ranges.OrderBy(range => range.Offset).ToList();
        var joined = new List<ByteRange> { sorted[0] };
        foreach (var range in sorted.Skip(1))
        {
            var last = joined[^1];
            if (range.Offset <= last.End)
                joined[^1] = ByteRange.Between(last.Offset, Math.Max(last.End, range.End));
            else
                joined.Add(range);
        }

        return joined.Count == ranges.Count ? ranges : joined;
    }
}
