namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// An entry of <see cref="RecentSessions"/>: the received ranges of a session as far as this process knows them. It knows all of them as
/// long as they add up to the ledger's count.
/// </summary>
internal sealed class RecentSession(Upload created, long at)
{
    public const int MostRuns = 4096;

    // Sorted; no two runs touch.
    private readonly List<ByteRange> _runs = [];
    private long _bytes;
    private Upload _upload = created;
    private long _at = at;

    // Set when a request broke since the last record, because the upload of that record does not count this failure.
    private bool _failed;

    /// <summary>When a range was last recorded.</summary>
    public long At => Volatile.Read(ref _at);

    /// <summary>
    /// Adds a recorded range. False when the session should be forgotten: its runs are too many, or contradict the range.
    /// </summary>
    /// <param name="after">The upload after the range was recorded. Answers may arrive in another order than their records.</param>
    public bool TryAdd(ByteRange range, Upload after, long at)
    {
        lock (_runs)
        {
            var next = After(range.Offset);
            if (Overlaps(next, range))
                return false;
            var run = range;
            if (next < _runs.Count && _runs[next].Offset == range.End)
            {
                run = ByteRange.Between(run.Offset, _runs[next].End);
                _runs.RemoveAt(next);
            }

            if (next > 0 && _runs[next - 1].End == range.Offset)
            {
                run = ByteRange.Between(_runs[--next].Offset, run.End);
                _runs.RemoveAt(next);
            }

            _runs.Insert(next, run);
            _bytes += range.Length;
            Volatile.Write(ref _at, at);
            _failed = false;
            if (after.ReceivedBytes > _upload.ReceivedBytes)
                _upload = after;
            return _runs.Count <= MostRuns;
        }
    }

    public void Fail()
    {
        lock (_runs)
            _failed = true;
    }

    /// <summary>The upload, if no byte of the range is received.</summary>
    public Upload? UploadIfFree(ByteRange range)
    {
        lock (_runs)
        {
            // If the byte counts differ, another process may have recorded ranges that are missing here.
            return _failed || Overlaps(After(range.Offset), range) || _bytes != _upload.ReceivedBytes ? null : _upload;
        }
    }

    private bool Overlaps(int next, ByteRange range) =>
        (next > 0 && _runs[next - 1].End > range.Offset) || (next < _runs.Count && _runs[next].Offset < range.End);

    /// <summary>The index of the first run that begins after an offset.</summary>
    private int After(long offset)
    {
        var (low, high) = (0, _runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _runs[middle].Offset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
