using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>Begins what accompanies the reception of a body, whatever takes its bytes.</summary>
public sealed class Receptions(
    IOptions<UploadOptions> options, StoppingSignal stopping, IBandwidthLimiter limiter, DayBook days, NetworkBook networks, UploadHub hub,
    FailureRecorder failures, TimeProvider time)
{
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

    /// <summary>Records that an attempt failed before it took a byte.</summary>
    internal Task FailAsync(Upload upload, string kind, long offset) =>
        failures.RecordAsync(upload, kind, offset, 0, 0, time.GetUtcNow());
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

    public WriterClaim Claim => claim;

    /// <summary>Bytes that came.</summary>
    public long Bytes => _watch?.Bytes ?? 0;

    public Task<(BodyEnd End, long Bytes)> ReceiveAsync(IBodySink sink, long limit, CancellationToken clientGone)
    {
        _watch = networks.Open(upload.Id, claim.Caller);
        return pump.RunAsync(body, sink, limit, claim, clientGone, _watch, day);
    }

    /// <summary>Tells the advisor how the body ended.</summary>
    /// <param name="size">The bytes of the whole.</param>
    /// <param name="lost">How many bytes must be sent again.</param>
    public void End(NetworkOutcome outcome, long size, long lost) => _watch?.End(outcome, size, lost);

    /// <summary>Tells listeners of bytes that became durable.</summary>
    public void Publish(DurableBytes bytes) => hub.Publish(bytes);

    public void Publish(ChunkNotice chunk) => hub.Publish(chunk);

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
