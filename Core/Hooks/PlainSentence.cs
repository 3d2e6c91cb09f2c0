namespace ChunkUpload.Core.Hooks;

/// <summary>A sentence from another service that is shown to people: one line of printable text, not too long.</summary>
public static class PlainSentence
{
    private const int Longest = 300;

    /// <returns>Null if no text remains.</returns>
    public static string? Of(string? sentence)
    {
        // A checker may quote from a hostile file.
        var text = new string([.. (sentence ?? "").Select(one => char.IsControl(one) || char.IsSurrogate(one) ? ' ' : one)]).Trim();
        return text.Length switch
        {
            0 => null,
            > Longest => text[..Longest] + "…",
            _ => text,
        };
    }
}
