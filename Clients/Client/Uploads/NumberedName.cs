namespace ChunkUpload.Client.Uploads;

/// <summary>The names that the service gives where a name is taken: <c>a (2).txt</c> for <c>a.txt</c>.</summary>
internal static class NumberedName
{
    /// <summary>Returns whether a file that was sent to a path may have become the one at a place.</summary>
    public static bool IsOf(string path, string place)
    {
        if (place == path)
            return true;
        var name = path.LastIndexOf('/') + 1;
        var dot = path.LastIndexOf('.');
        var stem = dot > name ? dot : path.Length;
        var end = place.Length - (path.Length - stem);
        return end > stem && place.StartsWith(path[..stem], StringComparison.Ordinal)
            && place.EndsWith(path[stem..], StringComparison.Ordinal)
            && place[stem..end] is [' ', '(', .. var number, ')'] && number.Length > 0 && number.All(char.IsAsciiDigit);
    }
}
