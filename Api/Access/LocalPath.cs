namespace ChunkUpload.Api.Access;

/// <summary>Validates the page that a browser opens after signing in: a path of this service, never another site.</summary>
internal static class LocalPath
{
    public const string Default = "/";
    private const int Longest = 2000;

    public static string OrDefault(string? path) => IsLocal(path) ? path! : Default;

    // Browsers read "//host" and "/\host" as other sites and remove control characters first.
    private static bool IsLocal(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && path.Length <= Longest
            && !path.Any(character => char.IsControl(character) || character == '\\');
}
