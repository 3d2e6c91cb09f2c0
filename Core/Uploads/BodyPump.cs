using System.IO.Pipelines;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>Why the receive loop ended.</summary>
internal enum BodyEnd
{
    /// <summary>The whole body arrived.</summary>
    Complete = 1,

    /// <summary>The body has more bytes than the limit allows.</summary>
    TooLong,
    Disconnected,

    /// <summary>The body's framing is broken.</summary>
    Malformed,
    Idle,
    TakenOver,
    Stopping,

    /// <summary>The sink takes no more bytes.</summary>
    Refused,

    /// <summary>A body of unknown length has used up the bytes of the day.</summary>
    OverDay,
}

/// <summary>What an early end of a body means to the advisor and to the list of failed attempts.</summary>
internal static class BodyEnds
{
    /// <summary>
    /// Tells the advisor what the end of an interrupted body says about the network. A takeover counts as a stall: the connection of the
    /// previous writer was dead, and the service had not noticed.
    /// </summary>
    public static NetworkOutcome ToNetworkOutcome(this BodyEnd end) => end switch
    {
        BodyEnd.Disconnected => NetworkOutcome.Disconnect,
        BodyEnd.Idle or BodyEnd.TakenOver => NetworkOutcome.Stall,
        _ => NetworkOutcome.Unrelated,
    };

    /// <summary>The kind of a failed attempt in the ledger.</summary>
    public static string ToFailureKind(this BodyEnd end) => end switch
    {
        BodyEnd.Idle => "idle",
        BodyEnd.TakenOver => "taken-over",
        BodyEnd.Stopping => "stopping",
        BodyEnd.TooLong => "length",
        BodyEnd.OverDay => "quota",
        BodyEnd.Malformed => "malformed",
        _ => "disconnect",
    };
}

/// <summary>The destination of one request's bytes.</summary>
internal interface IBodySink
{
    /// <summary>The offset in the file at which the next byte is written.</summary>
    long FileOffset => 0;

    /// <summary>Called before this number of bytes is written.</summary>
    ValueTask BeforeWriteAsync(long bytes) => default;

    /// <summary>Called for each buffer that the socket delivered, in order.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Called after each read; may make a checkpoint. Returns false when the sink takes no more bytes.</summary>
    ValueTask<bool> AfterReadAsync() => ValueTask.FromResult(true);

    /// <summary>
    /// How long to wait for the next byte before <see cref="AfterReadAsync"/> is called without one. Null means no limit.
    /// </summary>
    TimeSpan? ReadTimeout => null;

    /// <summary>The offset that a stream would keep if it ended after this number of further bytes. Null for a chunk.</summary>
    long? OffsetAfter(long bytes) => null;
}

/// <summary>The sink for a body that must be empty.</summary>
internal sealed class NoBytes : IBodySink
{
    public static NoBytes Instance { get; } = new();

    public void Write(ReadOnlySpan<byte> bytes)
    {
    }
}

/// <summary>
/// The receive loop: reads a request's body from its socket and passes the bytes to a sink, which hashes and writes them. It counts the
/// bytes, detects idle clients, waits for bandwidth, and ends early when the request has to stop.
/// </summary>
internal sealed class BodyPump(IOptions<UploadOptions> options, IBandwidthLimiter limiter, TimeProvider time, StoppingSignal stopping)
{
    // The most bytes that the layers between the socket and this loop may hold.
    private const long MaxBuffered = 8 << 20;

    // About 10 ms of work.
    private const long BytesBeforeYield = 4 << 20;

    /// <param name="limit">How many bytes are accepted; the first byte beyond ends the loop.</param>
    /// <param name="watch">Receives every read, for the advisor.</param>
    /// <returns>Why the body ended, and how many bytes the sink received.</returns>
    public async Task<(BodyEnd End, long Bytes)> RunAsync(
        UploadBody body, IBodySink sink, long limit, WriterClaim claim, CancellationToken clientGone, BodyWatch? watch = null)
    {
        var reader = body.Reader;
        long bytes = 0;
        var idle = options.Value.BodyIdleTimeout;
        // One timer serves two purposes: it detects an idle client, and it limits how long received bytes wait for their checkpoint.
        using var timer = time.CreateTimer(CancelRead, reader, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var onTakeover = claim.StopRequested.UnsafeRegister(CancelRead, reader);
        using var onStopping = stopping.Token.UnsafeRegister(CancelRead, reader);
        using var onGone = clientGone.UnsafeRegister(CancelRead, reader);
        var batch = new ReceiveBatch(body.ReceiveControl, body.Length, time);
        var waited = TimeSpan.Zero;
        long sinceYield = 0, drained = 0, toDrain = 0, drainStartedAt = 0;
        BodyEnd? requestedEnd = null;
        IBandwidthShare? share = null;
        try
        {
            while (true)
            {
                if ((share is not null || limiter.IsActive) && requestedEnd is null)
                {
                    share ??= limiter.Begin(new Flow(FlowDirection.Receive, claim.Caller, Topic.Of(claim.Upload), claim.Priority));
                    batch.MaxSize = share.Batch;
                    if (!await AwaitBandwidthAsync(share, sink, claim, clientGone))
                        return (BodyEnd.Refused, bytes);
                }

                ReadResult read;
                try
                {
                    batch.BeforeRead(sink.FileOffset);
                    var reading = reader.ReadAsync(CancellationToken.None);
                    if (reading.IsCompleted)
                    {
                        read = await reading;
                    }
                    else
                    {
                        batch.BeforeWait();
                        // Only the time spent waiting for bytes counts as idle time of the client.
                        var since = time.GetTimestamp();
                        _ = timer.Change(Shorter(idle - waited, batch.ReadTimeout(sink.ReadTimeout)), Timeout.InfiniteTimeSpan);
                        read = await reading;
                        // Stop the timer when the read ends, or it would cancel a later read.
                        _ = timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                        waited += time.GetElapsedTime(since);
                        sinceYield = 0;
                    }
                }
                catch (BodyFaultException fault)
                {
                    return (requestedEnd ?? (fault.Fault == BodyFault.Malformed ? BodyEnd.Malformed : BodyEnd.Idle), bytes);
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException)
                {
                    return (requestedEnd ?? BodyEnd.Disconnected, bytes);
                }

                var buffer = read.Buffer;
                var length = buffer.Length;
                batch.AfterRead(length, read.IsCanceled);
                share?.Passed(length);
                var overDay = claim.Day is { } day && !day.Passed(length);
                var tooLong = length > limit - bytes;
                // A newer request at this offset has frozen it, and sends these bytes itself.
                var frozen = length > 0 && sink.OffsetAfter(tooLong ? 0 : length) is { } offset && !claim.TryAdvanceTo(offset);
                bool broken;
                try
                {
                    if (!frozen && !tooLong && length > 0)
                    {
                        await sink.BeforeWriteAsync(length);
                        foreach (var segment in buffer)
                            sink.Write(segment.Span);
                        bytes += length;
                        waited = TimeSpan.Zero;
                        claim.Progress(length);
                        watch?.Read(length);
                    }
                }
                finally
                {
                    broken = !TryAdvance(reader, buffer.End);
                }

                if (frozen)
                    return (BodyEnd.TakenOver, bytes);
                if (broken)
                    return (requestedEnd ?? BodyEnd.Disconnected, bytes);
                if (tooLong)
                    return (BodyEnd.TooLong, bytes);
                if (!await sink.AfterReadAsync())
                    return (BodyEnd.Refused, bytes);
                if (read.IsCompleted)
                    return (BodyEnd.Complete, bytes);
                if (overDay)
                    return (BodyEnd.OverDay, bytes);
                if (read.IsCanceled)
                    requestedEnd ??= RequestedEnd(claim, clientGone);
                if (waited >= idle)
                    requestedEnd ??= BodyEnd.Idle;
                if (requestedEnd is { } end)
                {
                    var left = batch.UnreadBytes();
                    // Read only the bytes that have arrived by now: the client may still be sending.
                    if (toDrain == 0)
                        (toDrain, drainStartedAt) = (left + MaxBuffered, time.GetTimestamp());
                    drained += length;
                    // End well before the waiting newer request raises the epoch: after that, the bytes of this request would be rejected.
                    var late = claim.StopRequested.IsCancellationRequested &&
                        time.GetElapsedTime(drainStartedAt) > options.Value.TakeoverWait / 2;
                    if (left == 0 || drained > toDrain || late)
                        return (end, bytes);
                }

                // A body whose bytes are always there would never release its thread.
                sinceYield += length;
                if (sinceYield >= BytesBeforeYield)
                {
                    sinceYield = 0;
                    await Task.Yield();
                }
            }
        }
        finally
        {
            share?.Dispose();
            batch.Reset();
        }
    }

    /// <summary>
    /// Waits until the bandwidth has room for the next batch. The client is not idle meanwhile, and what came before is recorded. A
    /// takeover, a disconnect or a stop ends the wait, too; the loop handles it after the next read.
    /// </summary>
    /// <returns>False: the sink takes no more bytes.</returns>
    private async ValueTask<bool> AwaitBandwidthAsync(
        IBandwidthShare share, IBodySink sink, WriterClaim claim, CancellationToken clientGone)
    {
        while (!await share.WaitAsync() && RequestedEnd(claim, clientGone) is null)
        {
            claim.Progress();
            if (!await sink.AfterReadAsync())
                return false;
        }

        return true;
    }

    private static void CancelRead(object? reader) => UploadBody.CancelRead((PipeReader)reader!);

    /// <param name="left">The rest of the client's idle time; zero or less when it is used up.</param>
    /// <param name="readTimeout">Negative means no limit.</param>
    private static TimeSpan Shorter(TimeSpan left, TimeSpan readTimeout) =>
        left <= TimeSpan.Zero ? TimeSpan.Zero : readTimeout >= TimeSpan.Zero && readTimeout < left ? readTimeout : left;

    private BodyEnd? RequestedEnd(WriterClaim claim, CancellationToken clientGone) =>
        claim.StopRequested.IsCancellationRequested ? BodyEnd.TakenOver
        : clientGone.IsCancellationRequested ? BodyEnd.Disconnected
        : stopping.Token.IsCancellationRequested ? BodyEnd.Stopping
        : null;

    /// <summary>
    /// Returns false when the connection was reset while its last bytes were processed. Those bytes arrived and count.
    /// </summary>
    private static bool TryAdvance(PipeReader reader, SequencePosition end)
    {
        try
        {
            reader.AdvanceTo(end);
            return true;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
