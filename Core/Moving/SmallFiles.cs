namespace ChunkUpload.Core.Moving;

/// <summary>
/// Finds adjacent small files of a store that can become one file. Each file costs a reader of the upload two requests to the bucket.
/// </summary>
internal static class SmallFiles
{
    /// <summary>
    /// A file of this length is not small. The files of a fast stream have 8 MiB, less the batch of up to 1 MiB that would have exceeded
    /// that. The function <c>note_spread</c> has the same number.
    /// </summary>
    public const long SmallBelow = 7L << 20;

    /// <summary>The maximum length of a joined file.</summary>
    public const long LargestJoined = 64L << 20;

    /// <summary>Returns the extents to join in order: those that become one file are one list.</summary>
    /// <param name="extents">All extents of an upload, in order.</param>
    public static List<List<Extent>> Group(List<Extent> extents, Guid store)
    {
        List<List<Extent>> all = [];
        List<Extent> now = [];
        long length = 0;
        for (var (index, end) = (0, 0); index < extents.Count; index = end)
        {
            // Extents that were joined before are one file.
            var first = extents[index];
            for (end = index + 1; end < extents.Count && extents[end].File == first.File;)
                end++;
            var own = extents[end - 1].Range.End - first.Range.Offset;
            var isSmall = first.File.Store == store && own < SmallBelow;
            if (!isSmall || length + own > LargestJoined)
                End();
            if (!isSmall)
                continue;
            now.AddRange(extents[index..end]);
            length += own;
        }

        End();
        return all;

        void End()
        {
            if (now.DistinctBy(extent => extent.File).Skip(1).Any())
                all.Add(now);
            (now, length) = ([], 0);
        }
    }
}
