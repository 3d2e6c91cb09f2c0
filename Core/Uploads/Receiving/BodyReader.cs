using System.IO.Pipelines;

namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>The next bytes of a body: waits for them, and measures how long the client is silent.</summary>
internal sealed class BodyReader : IDisposable
{
    private readonly PipeReader _reader;
    private readonly ReceiveBatch _batch;
    private readonly TimeSpan _idle;
    private readonly TimeProvider _time;

    // Serves two purposes: it detects an idle client, and it limits how long received bytes wait for their checkpoint.
    private readonly ITimer _timer;
    private TimeSpan _waited;

    public BodyReader(UploadBody body, TimeSpan idle, TimeProvider time)
    {
        (_reader, _idle, _time) = (body.Reader, idle, time);
        _batch = new ReceiveBatch(body.ReceiveControl, body.Length, time);
        _timer = time.CreateTimer(CancelRead, _reader, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the last read had to wait.</summary>
    public bool HasWaited { get; private set; }

    /// <summary>Whether the client has been silent for too long.</summary>
    public bool IsIdle => _waited >= _idle;

    /// <summary>Bytes that have arrived and are unread.</summary>
    public long Unread => _batch.UnreadBytes();

    /// <summary>Limits the next reads, because the bandwidth is limited.</summary>
    public void Limit(int bytes) => _batch.MaxSize = bytes;

    /// <returns>What has arrived, or why nothing more can come.</returns>
    public async ValueTask<(ReadResult Read, BodyEnd? Fault)> NextAsync(IBodySink sink)
    {
        ReadResult read;
        HasWaited = false;
        try
        {
            _batch.BeforeRead(sink.FileOffset);
            var reading = _reader.ReadAsync(CancellationToken.None);
            if (reading.IsCompleted)
            {
                read = await reading;
            }
            else
            {
                _batch.BeforeWait();
                // Only the time spent waiting for bytes counts as idle time of the client.
                var since = _time.GetTimestamp();
                _ = _timer.Change(Shorter(_idle - _waited, _batch.ReadTimeout(sink.ReadTimeout)), Timeout.InfiniteTimeSpan);
                read = await reading;
                // Stop the timer when the read ends, or it would cancel a later read.
                _ = _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _waited += _time.GetElapsedTime(since);
                HasWaited = true;
            }
        }
        catch (BodyFaultException fault)
        {
            return (default, fault.Fault == BodyFault.Malformed ? BodyEnd.Malformed : BodyEnd.Idle);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return (default, BodyEnd.Disconnected);
        }

        _batch.AfterRead(read.Buffer.Length, read.IsCanceled);
        return (read, null);
    }

    /// <summary>The sink has taken bytes: the client is not silent.</summary>
    public void OnTaken() => _waited = TimeSpan.Zero;

    /// <summary>Gives the bytes of the last read back to the pipe.</summary>
    /// <returns>False when the connection was reset while its last bytes were processed. Those bytes arrived and count.</returns>
    public bool TryAdvance(SequencePosition end)
    {
        try
        {
            _reader.AdvanceTo(end);
            return true;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends the pending read when the token fires.</summary>
    public CancellationTokenRegistration CancelOn(CancellationToken token) => token.UnsafeRegister(CancelRead, _reader);

    public void Dispose()
    {
        _timer.Dispose();
        _batch.Reset();
    }

    private static void CancelRead(object? reader) => UploadBody.CancelRead((PipeReader)reader!);

    /// <param name="left">The rest of the client's idle time; zero or less when it is used up.</param>
    /// <param name="readTimeout">Negative means no limit.</param>
    private static TimeSpan Shorter(TimeSpan left, TimeSpan readTimeout) =>
        left <= TimeSpan.Zero ? TimeSpan.Zero : readTimeout >= TimeSpan.Zero && readTimeout < left ? readTimeout : left;
}
