using System.Globalization;

namespace ChunkUpload.Api.Wire;

/// <summary>Parses a number of bytes in addresses and headers: only digits, no sign or spaces, within 63 bits.</summary>
internal static class WholeNumber
{
    public static bool TryParse(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        // NumberStyles.None permits only digits, but also trailing NULs.
        return !text.Contains('\0') && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Like <see cref="TryParse"/>, but without leading zeros: a resource has one address.</summary>
    public static bool TryParseCanonical(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return (text.Length == 1 || !text.StartsWith("0")) && TryParse(text, out number);
    }
}
