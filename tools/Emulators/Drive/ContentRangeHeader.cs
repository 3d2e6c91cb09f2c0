using System.Globalization;

namespace ChunkUpload.Emulators.Drive;

/// <summary><c>bytes a-b/total</c>, or <c>bytes */total</c> as a question; the total may be <c>*</c>.</summary>
internal sealed record ContentRangeHeader(long From, long To, long? Total, bool IsQuestion)
{
    public static ContentRangeHeader? Parse(string header)
    {
        if (!header.StartsWith("bytes ", StringComparison.Ordinal) || header["bytes ".Length..].Split('/') is not [var range, var whole])
            return null;
        long? total = null;
        if (whole != "*")
        {
            if (!TryParse(whole, out var number))
                return null;
            total = number;
        }

        if (range == "*")
            return new ContentRangeHeader(0, -1, total, true);
        return range.Split('-') is [var first, var last] && TryParse(first, out var from) && TryParse(last, out var to)
            && to >= from && (total is null || to < total)
                ? new ContentRangeHeader(from, to, total, false)
                : null;
    }

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
