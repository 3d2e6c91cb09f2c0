using System.Runtime.CompilerServices;

namespace ChunkUpload.Client.Http;

/// <summary>Follows the cursors of a list. A list that never ends is an invalid answer.</summary>
internal static class Pages
{
    private const int MostEmpty = 100;
    private const int LongestCursor = 4096;

    /// <param name="ask">Asks for a page with a parameter for the query, which is empty for the first page.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <exception cref="TransferException">A cursor came twice, or too many pages in a row were empty.</exception>
    public static async IAsyncEnumerable<T> AllAsync<T>(Func<string, Task<T>> ask, [EnumeratorCancellation] CancellationToken stop)
        where T : class, IPage
    {
        var seen = new HashSet<string>();
        for (var (query, empty) = ("", 0); ;)
        {
            stop.ThrowIfCancellationRequested();
            var page = await ask(query);
            yield return page;
            if (page.NextCursor is not { } next)
                yield break;
            empty = page.Count == 0 ? empty + 1 : 0;
            if (next.Length is 0 or > LongestCursor || empty > MostEmpty || !seen.Add(next))
                throw TransferException.Invalid("The list of the service does not end: its next page is one that was read before.");
            query = "&cursor=" + Uri.EscapeDataString(next);
        }
    }
}
