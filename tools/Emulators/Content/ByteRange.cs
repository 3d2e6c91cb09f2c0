using System.Globalization;

namespace ChunkUpload.Emulators.Content;

/// <summary>The one range that a <c>Range</c> header asks for, within a content of a known length.</summary>
internal readonly record struct ByteRange(long From, long To)
{
    public long Length => To - From + 1;

    /// <summary>
    /// Null where the whole content is to be sent: without a header, with several ranges or with a header that is not understood.
    /// <paramref name="satisfiable"/> is false where the range begins behind the end.
    /// </summary>
    public static ByteRange? Parse(string? header, long length, out bool satisfiable)
    {
        satisfiable = true;
        if (header is null || !header.StartsWith("bytes=", StringComparison.Ordinal) || header.Contains(','))
            return null;
        var ends = header["bytes=".Length..].Split('-', 2);
        if (ends.Length < 2)
            return null;
        if (ends[0].Length == 0)
        {
            if (!TryParse(ends[1], out var last))
                return null;
            satisfiable = last > 0 && length > 0;
            return new ByteRange(Math.Max(0, length - last), length - 1);
        }

        if (!TryParse(ends[0], out var from))
            return null;
        var to = length - 1;
        if (ends[1].Length > 0)
        {
            if (!TryParse(ends[1], out to) || to < from)
                return null;
            to = Math.Min(to, length - 1);
        }

        satisfiable = from < length;
        return new ByteRange(from, to);
    }

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
