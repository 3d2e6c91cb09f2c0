using System.Globalization;
using System.Text;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Validates file names. A name is stored exactly as received (without normalisation, so that each system gets its own form of "é" back)
/// and never used as a path. Dangerous names are refused: separators, names of dots only, control characters, and characters that reorder
/// text, which can make "exe.fdp" look like a document. Left-to-right and right-to-left marks occur in valid Arabic and Hebrew names and
/// are permitted.
/// </summary>
public static class FileNameRule
{
    public const int MaxCharacters = 255;

    /// <returns>Null if the name is valid; otherwise a sentence that says what is wrong.</returns>
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

    /// <summary>Returns the most similar safe name, for names that can no longer be refused.</summary>
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

    /// <summary>Returns whether a rune is in C0 or C1, DEL, or a line or paragraph separator.</summary>
    public static bool IsControl(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Returns whether a rune is a bidirectional embedding, override or isolate.</summary>
    public static bool Reorders(Rune rune) => rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    /// <summary>Returns whether a rune is an invisible direction mark.</summary>
    public static bool IsMark(Rune rune) => rune.Value is 0x200E or 0x200F or 0x061C;
}
