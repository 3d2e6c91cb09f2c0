using System.Globalization;

namespace ChunkUpload.Api.Wire;

/// <summary>A number of bytes as it stands in addresses and headers: digits only, no sign, no blanks, within 63 bits.</summary>
internal static class WholeNumber
{
    public static bool TryParse(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        // NumberStyles.None is stricter than it sounds, but takes trailing NULs.
        return !text.Contains('\0') && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>As <see cref="TryParse"/>, and without leading zeros: a thing has one address.</summary>
    public static bool TryParseCanonical(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return (text.Length == 1 || !text.StartsWith("0")) && TryParse(text, out number);
    }
}
