using System.Globalization;
using System.Text;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Writes text that others chose, such as a file's name, on one line of a log or a terminal. Line breaks, escape sequences and the
/// characters that reorder text become \uXXXX, so that they can neither forge a line nor control the terminal.
/// </summary>
internal static class PlainText
{
    public static void Append(StringBuilder line, ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            _ = IsPlain(character)
                ? line.Append(character)
                : line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
        }
    }

    public static string Of(string text)
    {
        if (text.All(IsPlain))
            return text;
        var line = new StringBuilder(text.Length + 16);
        Append(line, text);
        return line.ToString();
    }

    private static bool IsPlain(char character) =>
        !char.IsControl(character)
        && character is not ('\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'));
}
