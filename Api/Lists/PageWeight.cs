using System.Text;

namespace ChunkUpload.Api.Lists;

/// <summary>
/// Ends pages of trees by their size. Every item has its whole path, so in a deep tree a page that is limited only by a count would have
/// hundreds of megabytes. The ledger's functions stop at 8 MiB of paths; a page that they cut short is therefore cut here as well, and so
/// has a cursor.
/// </summary>
internal static class PageWeight
{
    /// <summary>About this many bytes of JSON are on a page.</summary>
    public const long Most = 4 << 20;

    /// <summary>About how long an item is without its names and its path.</summary>
    public const int BytesOfRest = 512;

    /// <summary>How many of the found items fit on the page: at most so many as it may have, and at least one.</summary>
    /// <param name="lengthOf">The length of an item's texts, in UTF-8.</param>
    public static int Fitting<T>(IReadOnlyList<T> found, int limit, Func<T, long> lengthOf)
    {
        long bytes = 0;
        for (var i = 0; i < found.Count && i < limit; i++)
        {
            bytes += lengthOf(found[i]) + BytesOfRest;
            if (bytes > Most)
                return Math.Max(i, 1);
        }

        return Math.Min(found.Count, limit);
    }

    public static long LengthOf(IReadOnlyList<string> path)
    {
        long bytes = path.Count;
        foreach (var name in path)
            bytes += Encoding.UTF8.GetByteCount(name);
        return bytes;
    }
}
