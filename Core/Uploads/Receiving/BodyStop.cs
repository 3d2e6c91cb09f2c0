namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>
/// Whether a body may go on: why the loop was asked to stop, and which of the bytes that had arrived by then it still takes.
/// </summary>
internal sealed class BodyStop(
    WriterClaim claim, TimeSpan takeoverWait, TimeProvider time, CancellationToken clientGone, CancellationToken stopping)
{
    // The most bytes that the layers between the socket and the loop may hold.
    private const long MaxBuffered = 8 << 20;

    private long _drained, _toDrain, _since;

    /// <summary>Why the loop stops; null while it goes on.</summary>
    public BodyEnd? Reason { get; private set; }

    /// <summary>Why it would have to stop now, whether or not the loop has noticed it.</summary>
    public BodyEnd? Requested =>
        claim.StopRequested.IsCancellationRequested ? BodyEnd.TakenOver
        : clientGone.IsCancellationRequested ? BodyEnd.Disconnected
        : stopping.IsCancellationRequested ? BodyEnd.Stopping
        : null;

    /// <summary>Called after each read.</summary>
    /// <param name="bytes">How many it brought.</param>
    /// <returns>Whether the loop ends now, for the <see cref="Reason"/>.</returns>
    public bool After(BodyReader reader, bool cancelled, long bytes)
    {
        if (cancelled)
            Reason ??= Requested;
        if (reader.IsIdle)
            Reason ??= BodyEnd.Idle;
        if (Reason is null)
            return false;
        var left = reader.Unread;
        // Read only the bytes that have arrived by now: the client may still be sending.
        if (_toDrain == 0)
            (_toDrain, _since) = (left + MaxBuffered, time.GetTimestamp());
        _drained += bytes;
        // End well before the waiting newer request raises the epoch: after that, the bytes of this request would be rejected.
        var late = claim.StopRequested.IsCancellationRequested && time.GetElapsedTime(_since) > takeoverWait / 2;
        return left == 0 || _drained > _toDrain || late;
    }
}
