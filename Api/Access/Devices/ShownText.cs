using System.Globalization;
using System.Text;

namespace ChunkUpload.Api.Access.Devices;

/// <summary>
/// Removes invisible characters from a text, because those that hide or reorder others could make one name look like another.
/// </summary>
internal static class ShownText
{
    public static string Of(string text)
    {
        var shown = new StringBuilder(text.Length);
        // EnumerateRunes turns a lone surrogate into U+FFFD.
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsHidden(rune))
                shown.Append(rune.ToString());
        }

        return shown.ToString();
    }

    private static bool IsHidden(Rune rune) => rune == Rune.ReplacementChar
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        || IsIgnorable(rune.Value);

    /// <summary>The default ignorable characters that have another category, and blanks of other widths than a space.</summary>
    private static bool IsIgnorable(int value) => value is 0x00A0 or 0x034F or 0x115F or 0x1160 or 0x1680 or 0x17B4 or 0x17B5
        or (>= 0x180B and <= 0x180F) or (>= 0x2000 and <= 0x206F) or 0x2800 or 0x3000 or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0
        or (>= 0xE0000 and <= 0xE0FFF);
}
