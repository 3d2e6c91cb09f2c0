using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Runs the work that no answer depends on, in two lanes. One lane completes pending concatenations and hashes; the other merges chunks and
/// frees ended uploads. They are separate because a client may wait for a digest, but never for a merge.
/// </summary>
public sealed class BackgroundWork : IStartStep, IDisposable
{
    private readonly IBackgroundLedger _ledger;
    private readonly IUploadLedger _uploads;
    private readonly ContentCheck _check;
    private readonly ChunkMerger _merger;
    private readonly FrontHasher _hasher;
    private readonly FileRemover _remover;
    private readonly Admission _admission;
    private readonly ILogger<BackgroundWork> _log;
    private readonly BackgroundLane _hashing;
    private readonly BackgroundLane _merging;
    private readonly CancellationTokenSource _stop = new();
    private Task _pickUp = Task.CompletedTask;

    public BackgroundWork(
        IBackgroundLedger ledger, IUploadLedger uploads, ContentCheck check, ChunkMerger merger, FrontHasher hasher,
        FileRemover remover, Admission admission, IOptions<UploadOptions> options, TimeProvider time, ILogger<BackgroundWork> log)
    {
        (_ledger, _uploads) = (ledger, uploads);
        (_check, _merger, _hasher, _remover, _admission, _log) = (check, merger, hasher, remover, admission, log);
        _hashing = new BackgroundLane(HashAsync, options.Value.BackgroundWorkers, options.Value.BackgroundRest, time, log);
        _merging = new BackgroundLane(MergeAsync, options.Value.BackgroundWorkers, options.Value.BackgroundRest, time, log);
    }

    public int Order => StartOrder.Background;

    public string Name => "background work";

    /// <summary>Completes when the uploads with work left at the start are scheduled, or could not be found. Never fails.</summary>
    internal Task PickedUp => _pickUp;

    /// <summary>How many uploads wait for a worker or are being worked on.</summary>
    public int Depth => Math.Max(_hashing.Depth, _merging.Depth);

    /// <summary>Schedules an upload that may have work left. Cheap, and idempotent until a worker has begun.</summary>
    /// <param name="urgent">A client waits for the digest.</param>
    /// <returns>Completes when all bytes that could be hashed at this call are hashed. The merge may still run.</returns>
    public Task Schedule(UploadId id, bool urgent = false)
    {
        _ = _merging.Schedule(id);
        return _hashing.Schedule(id, urgent);
    }

    /// <summary>Schedules the work that a recorded chunk makes necessary.</summary>
    public void ScheduleChunk(Upload recorded)
    {
        _ = _merging.Schedule(recorded.Id);
        if (recorded.DeclaredSha256 is not null)
            _ = _hashing.Schedule(recorded.Id);
    }

    /// <summary>Schedules the digest of a file that was published without one, for a client that waits for it.</summary>
    public Task ScheduleRequestedDigest(UploadId id)
    {
        _hasher.Request(id);
        return Schedule(id, urgent: true);
    }

    /// <summary>Completes an upload if all of the parts that it waits for are complete. Returns the upload after the call.</summary>
    internal async Task<Upload?> JoinAsync(UploadId waiting, CancellationToken cancellationToken)
    {
        if (await _uploads.GetAsync(waiting, cancellationToken) is not { } found)
            return null;
        var now = await _uploads.JoinAsync(waiting, _admission.LargestUpload(found.Tenant, found.Subject), cancellationToken);
        if (now is { IsReceived: true })
            UploadLog.Completed(_log, now.Id, now.Size);
        return now;
    }

    /// <summary>Schedules every upload that has work left: after a start, and when the job finish-pending runs.</summary>
    /// <returns>The number of uploads.</returns>
    public async Task<int> SchedulePendingAsync(CancellationToken cancellationToken)
    {
        const int page = 500;
        var scheduled = 0;
        UploadId? after = null;
        while (await _ledger.PendingAsync(after, page, _hasher.Undeclared, cancellationToken) is { Count: > 0 } pending)
        {
            foreach (var id in pending)
                _ = Schedule(id);
            scheduled += pending.Count;
            after = pending[^1];
        }

        return scheduled;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _hashing.Start();
        _merging.Start();
        _pickUp = Task.Run(PickUpAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_hashing.StopAsync(), _merging.StopAsync(), _pickUp);
    }

    public void Dispose()
    {
        _hashing.Dispose();
        _merging.Dispose();
        _stop.Dispose();
    }

    private async Task PickUpAsync()
    {
        try
        {
            await SchedulePendingAsync(_stop.Token);
        }
        catch (Exception reason)
        {
            // The job finish-pending tries again.
            if (!_stop.IsCancellationRequested)
                UploadLog.PendingNotPickedUp(_log, reason);
        }
    }

    private async Task HashAsync(UploadId id, CancellationToken cancellationToken)
    {
        (UploadState, long, long)? before = null;
        while (await _uploads.GetAsync(id, cancellationToken) is { } found
               && await UndamagedAsync(await JoinedAsync(found, cancellationToken), cancellationToken) is { IsElsewhere: false } upload)
        {
            // The digest has completed the upload, so the prefixes of broken chunks can be freed.
            if (upload.IsReceived && before is (UploadState.Completing, _, _))
                _ = _merging.Schedule(id);
            // If the ledger records no progress, for instance because this incarnation is fenced, the loop must end.
            var now = (upload.State, upload.ReceivedBytes, upload.HashedBytes);
            if (now == before || !await _hasher.StepAsync(upload, cancellationToken))
                return;
            before = now;
        }

        _hasher.Forget(id);
    }

    private async Task MergeAsync(UploadId id, CancellationToken cancellationToken)
    {
        (UploadState, long, long)? before = null;
        Upload? found;
        while ((found = await _uploads.GetAsync(id, cancellationToken)) is not null
            && await UndamagedAsync(found, cancellationToken) is { } upload)
        {
            // If an upload lies in several stores, each service merges the chunks in its own store.
            var now = (upload.State, upload.ReceivedBytes, upload.PlacedBytes);
            if (now == before || await _merger.StepAsync(upload, cancellationToken) != MergeStep.More)
                break;
            before = now;
        }

        // Free the files of an ended upload and the prefixes that a completed one may have left. A later end or completion schedules the
        // upload again.
        if (found is not null && (IsEnded(found.State) || found.IsReceived))
            await _remover.ReclaimAsync(id, cancellationToken);
    }

    /// <summary>
    /// Completes a pending concatenation if the last part's request could not, or if its process ended first (E27, T150).
    /// </summary>
    private async Task<Upload> JoinedAsync(Upload found, CancellationToken cancellationToken) =>
        found.WaitsForParts ? await JoinAsync(found.Id, cancellationToken) ?? found : found;

    /// <summary>Checks the content of the upload and returns it; null if it has ended or is damaged.</summary>
    private async Task<Upload?> UndamagedAsync(Upload found, CancellationToken cancellationToken)
    {
        if (IsEnded(found.State))
            return null;
        // Check the bytes of an earlier incarnation before copying them: a merge would hide doubtful ones (E30, E31).
        var upload = await _check.EnsureAsync(found, cancellationToken);
        return upload.DamagedAt is null ? upload : null;
    }

    internal static bool IsEnded(UploadState state) =>
        state is UploadState.Cancelled or UploadState.Expired or UploadState.Failed or UploadState.Deleted;
}
