namespace ChunkUpload.Client.Downloads;

/// <summary>A file's name from the service, made harmless for this system.</summary>
internal static class LocalName
{
    private static readonly char[] Invalid = [.. Path.GetInvalidFileNameChars(), '/', '\\'];

    public static string Of(string name)
    {
        var safe = string.Concat(name.Select(letter => Invalid.Contains(letter) || char.IsControl(letter) ? '_' : letter));
        return safe is "" or "." or ".." ? "_" : safe;
    }
}
