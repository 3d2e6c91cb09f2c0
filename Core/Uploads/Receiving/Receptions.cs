using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>Starts the accounting of a received body: daily quota, bandwidth, measurements of the network, and failures.</summary>
public sealed class Receptions(
    IOptions<UploadOptions> options, StoppingSignal stopping, IBandwidthLimiter limiter, DayBook days, NetworkBook networks, UploadHub hub,
    FailureRecorder failures, TimeProvider time)
{
    /// <summary>The kind of an attempt that failed because of the store.</summary>
    internal const string StorageKind = "storage";

    private readonly BodyPump _pump = new(options, limiter, time, stopping);

    /// <summary>Refuses a body for which the day has no room.</summary>
    internal Result<Reception> Begin(Upload upload, UploadBody body, WriterClaim claim)
    {
        var day = days.Begin(claim.Caller, FlowDirection.Receive, body.Length ?? 1, out var excess);
        if (excess is not null)
        {
            day.Dispose();
            return excess.ToFailure(upload);
        }

        claim.Priority = upload.Priority;
        return new Reception(upload, body, claim, day, _pump, networks, hub, failures, time);
    }

    /// <summary>Reads a body that brings nothing new. Neither the day nor the advisor counts it.</summary>
    internal Task<(BodyEnd End, long Bytes)> ReadAsync(
        Upload upload, UploadBody body, IBodySink sink, long limit, WriterClaim claim, CancellationToken clientGone)
    {
        claim.Priority = upload.Priority;
        return _pump.RunAsync(body, sink, limit, claim, clientGone);
    }

    /// <summary>Records that the store failed before a request's bytes were taken, or after they were.</summary>
    internal async Task<UploadFailure> FailAsync(Upload upload, StoreException exception, long offset)
    {
        failures.LogStoreFailure(upload, exception, offset);
        await failures.RecordAsync(upload, StorageKind, offset, 0, 0, time.GetUtcNow());
        return UploadRefusals.Of(exception, upload);
    }

    /// <summary>If the append ended its upload, the history of its advice ends too.</summary>
    internal Result<StreamReceipt> CloseIfEnded(Result<StreamReceipt> append)
    {
        if ((append.Ok ? append.Value.Upload : append.Failure.Upload) is { } ended && (ended.IsReceived || !ended.IsLive))
            networks.Close(ended.Id);
        return append;
    }
}

/// <summary>
/// What accompanies the reception of one body: the bytes of the day, the bandwidth, the advisor's measurements, live events, and the record
/// of an attempt that fails.
/// </summary>
internal sealed class Reception(
    Upload upload, UploadBody body, WriterClaim claim, DayShare day, BodyPump pump, NetworkBook networks, UploadHub hub,
    FailureRecorder failures, TimeProvider time) : IDisposable
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private BodyWatch? _watch;

    public DateTimeOffset StartedAt => _startedAt;

    public TimeSpan Elapsed => time.GetUtcNow() - _startedAt;

    /// <summary>Bytes that came.</summary>
    public long Bytes => _watch?.Bytes ?? 0;

    /// <summary>Receives the body. Where the disk is full, what came before stays like that of any body that breaks off.</summary>
    /// <param name="offset">Where the request begins.</param>
    public async Task<BodyEnd> ReceiveAsync(IBodySink sink, long offset, long limit, CancellationToken clientGone)
    {
        _watch = networks.Open(upload.Id, claim.Caller);
        try
        {
            return (await pump.RunAsync(body, sink, limit, claim, clientGone, _watch, day)).End;
        }
        catch (StoreException exception) when (exception.Error == StoreError.NoSpace)
        {
            failures.LogStoreFailure(upload, exception, offset + Bytes);
            return BodyEnd.NoSpace;
        }
    }

    /// <summary>Tells the advisor how the body ended.</summary>
    /// <param name="size">The number of bytes of the chunk or the body.</param>
    /// <param name="lost">How many bytes must be sent again.</param>
    public void End(NetworkOutcome outcome, long size, long lost) => _watch?.End(outcome, size, lost);

    /// <summary>
    /// Tells the advisor and the ledger that the body broke off. A client that has paused or cancelled its upload ends its requests on
    /// purpose: that is no failure, and says nothing about the network.
    /// </summary>
    /// <param name="size">The number of bytes of the chunk or the body.</param>
    /// <param name="lost">How many bytes must be sent again.</param>
    /// <param name="offset">Where the request began.</param>
    /// <param name="kept">How many of the request's own bytes were kept; below zero counts as none.</param>
    public async Task EndEarlyAsync(BodyEnd end, long size, long lost, long offset, long bytes, long kept)
    {
        var isMeant = end is BodyEnd.Disconnected or BodyEnd.TakenOver && await failures.IsHeldAsync(upload.Id);
        End(isMeant ? NetworkOutcome.Unrelated : end.ToNetworkOutcome(), size, lost);
        if (!isMeant)
            await FailAsync(end.ToFailureKind(), offset, bytes, kept);
    }

    /// <summary>Tells listeners of bytes that became durable.</summary>
    public void Publish(DurableBytes bytes) => hub.Publish(bytes);

    public void Publish(ChunkNotice chunk) => hub.Publish(chunk);

    /// <summary>Records that the store failed while the attempt was running.</summary>
    public Task FailAsync(StoreException exception, long offset, long bytes, long kept)
    {
        failures.LogStoreFailure(upload, exception, offset + bytes);
        return FailAsync(Receptions.StorageKind, offset, bytes, kept);
    }

    /// <summary>Records that the attempt failed.</summary>
    /// <param name="offset">Where the request began.</param>
    /// <param name="kept">How many of the request's own bytes were kept; below zero counts as none.</param>
    public Task FailAsync(string kind, long offset, long bytes, long kept) =>
        failures.RecordAsync(upload, kind, offset, bytes, kept, _startedAt);

    public void Dispose()
    {
        _watch?.Dispose();
        day.Dispose();
    }
}
