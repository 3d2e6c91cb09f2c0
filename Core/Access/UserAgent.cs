namespace ChunkUpload.Core.Access;

/// <summary>The User-Agent of a request. A client may send any text, so it is displayed but never used for decisions.</summary>
public static class UserAgent
{
    public const int Longest = 200;

    /// <summary>Cuts the text of a User-Agent field to a bounded length without control characters. Null if nothing is left.</summary>
    public static string? Clean(string? sent)
    {
        var text = sent.AsSpan();
        if (text.Length > Longest)
            text = text[..Longest];
        if (text.ContainsAnyInRange('\0', '\x1f') || text.ContainsAnyInRange('\x7f', '\x9f') || text.ContainsAnyInRange('\ud800', '\udfff'))
            text = string.Concat(text.ToArray().Where(one => !char.IsControl(one) && !char.IsSurrogate(one))).AsSpan();
        text = text.Trim();
        return text.IsEmpty ? null : text.Length == sent!.Length ? sent : text.ToString();
    }
}
