using System.Text;

namespace ChunkUpload.Api.Lists;

/// <summary>
/// Limits the size of pages of trees. Every item contains its whole path, so in a deep tree a page that is only limited by a count could
/// have hundreds of megabytes. The ledger's functions stop at 8 MiB of paths; a page that they truncate is also truncated here, and so has
/// a cursor.
/// </summary>
internal static class PageWeight
{
    /// <summary>The approximate maximum size of a page, in bytes of JSON.</summary>
    public const long Most = 4 << 20;

    /// <summary>The approximate size of an item without its names and its path.</summary>
    public const int BytesOfRest = 512;

    /// <summary>Returns the number of found items that fit on the page: at most its limit, and at least one.</summary>
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
