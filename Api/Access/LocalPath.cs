namespace ChunkUpload.Api.Access;

/// <summary>Where a browser goes after it has signed in: an address of this service, never one of another site.</summary>
internal static class LocalPath
{
    public const string Default = "/";
    private const int Longest = 2000;

    public static string OrDefault(string? path) => IsLocal(path) ? path! : Default;

    // "//host" and "/\host" are other sites to a browser, and it removes control characters before it looks.
    private static bool IsLocal(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && path.Length <= Longest
            && !path.Any(character => char.IsControl(character) || character == '\\');
}
