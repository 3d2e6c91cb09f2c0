namespace ChunkUpload.Client.Http;

/// <summary>Checks values of answers on which the code relies.</summary>
internal static class AnswerRules
{
    private const int ShortestId = 12;
    private const int LongestId = 128;
    private const int LongestMode = 6;

    /// <summary>An id becomes part of addresses, and its beginning of the names of local files.</summary>
    public static bool IsId(string? id) =>
        id is { Length: >= ShortestId and <= LongestId } && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');

    public static bool IsRange(long offset, long length) => offset >= 0 && length >= 0 && offset <= long.MaxValue - length;

    /// <summary>Octal digits, or none.</summary>
    public static bool IsMode(string? mode) =>
        mode is null || (mode.Length is > 0 and <= LongestMode && mode.All(digit => digit is >= '0' and <= '7'));

    /// <summary>Returns whether no item is null and all of them are valid.</summary>
    public static bool All<T>(IReadOnlyList<T>? items, Predicate<T> holds)
        where T : class
    {
        foreach (var item in items ?? [])
        {
            // JSON may have null where the type has none.
            if (item is null || !holds(item))
                return false;
        }

        return true;
    }
}
