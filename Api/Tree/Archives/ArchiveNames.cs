using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// Creates the names of entries in an archive. A name of the tree may be any text, but programs that unpack interpret some names: a
/// backslash separates folders on Windows, "C:" is a drive, Windows drops dots and spaces at the end (".. " becomes ".."), and Info-ZIP
/// drops control characters. Such a name is changed, and so are names with characters that reorder text. Every other name stays as it is.
/// </summary>
/// <remarks>
/// A changed name has a mark from the digest of the original, before its extension, and a name that looks as if it had a mark is changed as
/// well. So two names of one folder stay different, without a list of assigned names.
/// </remarks>
internal static class ArchiveNames
{
    private const char Mark = '~';
    private const int MarkDigits = 24;
    private const int MaxExtensionBytes = 16;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static string Of(string name)
    {
        if (!IsChanged(name))
            return name;
        var safe = new StringBuilder(name.Length);
        var dots = IsDotsAndSpaces(name);
        foreach (var rune in name.EnumerateRunes())
            safe.Append(IsUnsafe(rune) || rune.Value == ':' || (dots && rune.Value == '.') ? "_" : rune.ToString());
        var changed = safe.ToString();
        var point = changed.LastIndexOf('.');
        var extension = point > 0 && Encoding.UTF8.GetByteCount(changed.AsSpan(point)) <= MaxExtensionBytes ? changed[point..] : "";
        var stem = changed[..^extension.Length];
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..MarkDigits];
        var room = TreePath.MaxNameBytes - 1 - MarkDigits - Encoding.UTF8.GetByteCount(extension);
        return $"{Cut(stem, room)}{Mark}{digest}{extension}";
    }

    private static bool IsChanged(string name)
    {
        foreach (var rune in name.EnumerateRunes())
        {
            if (IsUnsafe(rune))
                return true;
        }

        return (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0])) || IsDotsAndSpaces(name) || HasMark(name);
    }

    private static bool IsUnsafe(Rune rune) => rune.Value == '\\' || FileNameRule.IsControl(rune) || FileNameRule.Reorders(rune);

    private static bool IsDotsAndSpaces(string name) => name.AsSpan().Trim(". ").IsEmpty;

    private static bool HasMark(string name)
    {
        for (var at = name.IndexOf(Mark, StringComparison.Ordinal); at >= 0; at = name.IndexOf(Mark, at + 1))
        {
            var digits = name.AsSpan(at + 1);
            if (digits.Length >= MarkDigits && !digits[..MarkDigits].ContainsAnyExcept(Digits))
                return true;
        }

        return false;
    }

    /// <summary>Returns the longest prefix with at most this number of bytes.</summary>
    private static string Cut(string text, int bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
