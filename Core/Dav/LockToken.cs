namespace ChunkUpload.Core.Dav;

/// <summary>The text of a lock's token: urn:uuid: and its id.</summary>
public static class LockToken
{
    private const string Scheme = "urn:uuid:";

    public static string Of(Guid token) => Scheme + token.ToString("d");

    /// <returns>Null if the text is not a token of this service.</returns>
    public static Guid? Parse(string text) =>
        text.StartsWith(Scheme, StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(Scheme.Length), "d", out var token)
            ? token
            : null;
}
