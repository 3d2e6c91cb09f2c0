using System.Globalization;
using System.Text;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Which names a file may have. A name is kept exactly as it came (no normalisation: two systems that spell "é" differently get their own
/// spelling back) and never becomes a path. Names that are dangerous to save a file under are refused: separators, dots alone, control
/// characters, and the characters that reorder text, with which "exe.fdp" is made to look like a document. Left-to-right and
/// right-to-left marks are part of honest Arabic and Hebrew names and stay.
/// </summary>
public static class FileNameRule
{
    public const int MaxCharacters = 255;

    /// <returns>Null when it may, else one sentence.</returns>
    public static string? Fault(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return "The file needs a name.";
        if (name is "." or "..")
            return "A file cannot be called \".\" or \"..\".";
        var count = 0;
        var visible = false;
        var rest = name.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) != System.Buffers.OperationStatus.Done)
                return "The file name is not valid Unicode.";
            if (++count > MaxCharacters)
                return $"The file name is longer than {MaxCharacters} characters.";
            if (rune.Value is '/' or '\\')
                return "The file name contains \"/\" or \"\\\"; send the name without folders.";
            if (IsControl(rune))
                return $"The file name contains the control character U+{rune.Value:X4}.";
            if (Reorders(rune))
                return $"The file name contains U+{rune.Value:X4}, which reorders the text around it.";
            visible |= !Rune.IsWhiteSpace(rune) && !IsMark(rune);
            rest = rest[used..];
        }

        return visible ? null : "The file name has no visible character.";
    }

    /// <summary>The nearest name that may be given out, for names that cannot be refused any more.</summary>
    public static string MakeSafe(string name)
    {
        var safe = new StringBuilder(name.Length);
        var count = 0;
        // EnumerateRunes turns a lone surrogate into U+FFFD.
        foreach (var rune in name.EnumerateRunes())
        {
            if (Reorders(rune) || IsMark(rune))
                continue;
            if (++count > MaxCharacters)
                break;
            if (IsControl(rune) || rune.Value is '/' or '\\')
                safe.Append('_');
            else
                safe.Append(rune.ToString());
        }

        var trimmed = safe.ToString().Trim();
        return trimmed is "" or "." or ".." ? "file" : trimmed;
    }

    /// <summary>C0, C1, DEL, and the two separators that break lines.</summary>
    public static bool IsControl(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Embeddings, overrides and isolates.</summary>
    public static bool Reorders(Rune rune) => rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    /// <summary>Marks of direction, which show nothing themselves.</summary>
    public static bool IsMark(Rune rune) => rune.Value is 0x200E or 0x200F or 0x061C;
}
