namespace ChunkUpload.Agent;

/// <summary>Texts from elsewhere, made safe for a terminal.</summary>
internal static class PrintableText
{
    /// <summary>Replaces control characters, and those that reverse the direction of the text, by question marks.</summary>
    /// <param name="text">A name or a sentence that may come from another computer.</param>
    /// <param name="lines">Whether the text may have several lines.</param>
    public static string Of(string text, bool lines = false) => string.Concat(text.Select(letter =>
        (char.IsControl(letter) && !(lines && letter == '\n')) || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')
            ? '?'
            : letter));
}
