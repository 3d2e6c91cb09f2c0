namespace ChunkUpload.Client.Age;

/// <summary>Base 64 without padding, in its one canonical form.</summary>
internal static class Base64
{
    /// <returns>Null if the text is not valid.</returns>
    public static byte[]? Decode(string text)
    {
        var bytes = new byte[text.Length];
        return !text.Contains('=', StringComparison.Ordinal)
            && Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var written)
            && Convert.ToBase64String(bytes, 0, written).TrimEnd('=') == text
            ? bytes[..written]
            : null;
    }
}
