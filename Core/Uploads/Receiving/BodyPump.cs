using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Receiving;

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

    /// <summary>The disk has no room for the next bytes.</summary>
    NoSpace,

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
        BodyEnd.NoSpace => "no-space",
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
    // About 10 ms of work.
    private const long BytesBeforeYield = 4 << 20;

    /// <param name="limit">How many bytes are accepted; the first byte beyond ends the loop.</param>
    /// <param name="watch">Receives every read, for the advisor.</param>
    /// <param name="day">Counts the bytes of the day.</param>
    /// <returns>Why the body ended, and how many bytes the sink received.</returns>
    public async Task<(BodyEnd End, long Bytes)> RunAsync(
        UploadBody body, IBodySink sink, long limit, WriterClaim claim, CancellationToken clientGone, BodyWatch? watch = null,
        DayShare? day = null)
    {
        long bytes = 0, sinceYield = 0;
        using var reader = new BodyReader(body, options.Value.BodyIdleTimeout, time);
        using var onTakeover = reader.CancelOn(claim.StopRequested);
        using var onStopping = reader.CancelOn(stopping.Token);
        using var onGone = reader.CancelOn(clientGone);
        var stop = new BodyStop(claim, options.Value.TakeoverWait, time, clientGone, stopping.Token);
        IBandwidthShare? share = null;
        try
        {
            while (true)
            {
                if ((share is not null || limiter.IsActive) && stop.Reason is null)
                {
                    share ??= limiter.Begin(new Flow(FlowDirection.Receive, claim.Caller, Topic.Of(claim.Upload), claim.Priority));
                    reader.Limit(share.Batch);
                    if (!await AwaitBandwidthAsync(share, sink, claim, stop))
                        return (BodyEnd.Refused, bytes);
                }

                // The next bytes.
                var (read, fault) = await reader.NextAsync(sink);
                if (fault is { } reason)
                    return (stop.Reason ?? reason, bytes);
                var length = read.Buffer.Length;
                share?.Passed(length);
                var overDay = day is not null && !day.Passed(length);
                var tooLong = length > limit - bytes;
                // A newer request at this offset has frozen it, and sends these bytes itself.
                var frozen = length > 0 && sink.OffsetAfter(tooLong ? 0 : length) is { } offset && !claim.TryAdvanceTo(offset);
                bool broken;
                try
                {
                    if (!frozen && !tooLong && length > 0)
                    {
                        await sink.BeforeWriteAsync(length);
                        foreach (var segment in read.Buffer)
                            sink.Write(segment.Span);
                        bytes += length;
                        reader.OnTaken();
                        claim.Progress(length);
                        watch?.Read(length);
                    }
                }
                finally
                {
                    broken = !reader.TryAdvance(read.Buffer.End);
                }

                // May it go on?
                if (frozen)
                    return (BodyEnd.TakenOver, bytes);
                if (broken)
                    return (stop.Reason ?? BodyEnd.Disconnected, bytes);
                if (tooLong)
                    return (BodyEnd.TooLong, bytes);
                if (!await sink.AfterReadAsync())
                    return (BodyEnd.Refused, bytes);
                if (read.IsCompleted)
                    return (BodyEnd.Complete, bytes);
                if (overDay)
                    return (BodyEnd.OverDay, bytes);
                if (stop.After(reader, read.IsCanceled, length))
                    return (stop.Reason!.Value, bytes);

                // A body whose bytes are always there would never release its thread.
                sinceYield = reader.HasWaited ? length : sinceYield + length;
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
        }
    }

    /// <summary>
    /// Waits until the bandwidth has room for the next batch. The client is not idle meanwhile, and what came before is recorded. A
    /// takeover, a disconnect or a stop ends the wait, too; the loop handles it after the next read.
    /// </summary>
    /// <returns>False: the sink takes no more bytes.</returns>
    private static async ValueTask<bool> AwaitBandwidthAsync(IBandwidthShare share, IBodySink sink, WriterClaim claim, BodyStop stop)
    {
        while (!await share.WaitAsync() && stop.Requested is null)
        {
            claim.Progress();
            if (!await sink.AfterReadAsync())
                return false;
        }

        return true;
    }
}
