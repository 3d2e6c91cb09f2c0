using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// What goes on beside the requests: joining parts that are left and hashing the front in one lane, merging chunks and freeing what has
/// ended in another, because somebody may wait for the digest and nobody for the merge. Nothing here is needed for an answer to be true.
/// </summary>
public sealed class BackgroundWork : IStartStep, IDisposable
{
    private readonly IBackgroundLedger _ledger;
    private readonly IJoinLedger _joins;
    private readonly IUploadQueryLedger _uploads;
    private readonly ContentCheck _check;
    private readonly ChunkMerger _merger;
    private readonly FrontHasher _hasher;
    private readonly FileRemover _remover;
    private readonly UploadOptions _options;
    private readonly ILogger<BackgroundWork> _log;
    private readonly BackgroundLane _hashing;
    private readonly BackgroundLane _placing;
    private readonly CancellationTokenSource _stop = new();
    private Task _pickUp = Task.CompletedTask;

    public BackgroundWork(
        IBackgroundLedger ledger, IJoinLedger joins, IUploadQueryLedger uploads, ContentCheck check, ChunkMerger merger, FrontHasher hasher,
        FileRemover remover, IOptions<UploadOptions> options, TimeProvider time, ILogger<BackgroundWork> log)
    {
        (_ledger, _joins, _uploads) = (ledger, joins, uploads);
        (_check, _merger, _hasher, _remover, _options, _log) = (check, merger, hasher, remover, options.Value, log);
        _hashing = new BackgroundLane(HashAsync, options.Value.BackgroundWorkers, options.Value.BackgroundRest, time, log);
        _placing = new BackgroundLane(PlaceAsync, options.Value.BackgroundWorkers, options.Value.BackgroundRest, time, log);
    }

    public int Order => StartOrder.Background;

    public string Name => "background work";

    /// <summary>How many uploads wait for a worker or are being worked on.</summary>
    public int Depth => Math.Max(_hashing.Depth, _placing.Depth);

    /// <summary>Something of this upload may be to do. Cheap, and idempotent until a worker has begun.</summary>
    /// <param name="hurry">Somebody waits for the digest.</param>
    /// <returns>Ends when all that could be hashed at this call is hashed; the merge may go on.</returns>
    public Task Signal(UploadId id, bool hurry = false)
    {
        _ = _placing.Signal(id);
        return _hashing.Signal(id, hurry);
    }

    /// <summary>A chunk was recorded, and this is what its upload looks like now.</summary>
    public void SignalChunk(Upload recorded)
    {
        _ = _placing.Signal(recorded.Id);
        if (recorded.DeclaredSha256 is not null)
            _ = _hashing.Signal(recorded.Id);
    }

    /// <summary>Somebody waits for the digest of a file that was published without one.</summary>
    public Task SignalAsked(UploadId id)
    {
        _hasher.Ask(id);
        return Signal(id, hurry: true);
    }

    /// <summary>Completes an upload if all of the parts that it waits for are complete; returns it as it is then.</summary>
    internal async Task<Upload?> JoinAsync(UploadId waiting, CancellationToken cancellationToken)
    {
        var now = await _joins.JoinAsync(waiting, _options.MaxSize, cancellationToken);
        if (now is { State: UploadState.Completed })
            UploadLog.Completed(_log, now.Id, now.Size);
        return now;
    }

    /// <summary>Signals every upload that has work left: after a start, and now and then.</summary>
    /// <returns>How many.</returns>
    public async Task<int> SignalPendingAsync(CancellationToken cancellationToken)
    {
        const int page = 500;
        var signalled = 0;
        UploadId? after = null;
        while (await _ledger.PendingAsync(after, page, _hasher.Undeclared, cancellationToken) is { Count: > 0 } pending)
        {
            foreach (var work in pending)
                _ = Signal(work.Id);
            signalled += pending.Count;
            after = pending[^1].Id;
        }

        return signalled;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _hashing.Start();
        _placing.Start();
        _pickUp = Task.Run(PickUpAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_hashing.StopAsync(), _placing.StopAsync(), _pickUp);
    }

    public void Dispose()
    {
        _hashing.Dispose();
        _placing.Dispose();
        _stop.Dispose();
    }

    private async Task PickUpAsync()
    {
        try
        {
            await SignalPendingAsync(_stop.Token);
        }
        catch (Exception reason)
        {
            // The finish-pending job asks again.
            if (!_stop.IsCancellationRequested)
                UploadLog.PendingNotPickedUp(_log, reason);
        }
    }

    private async Task HashAsync(UploadId id, CancellationToken cancellationToken)
    {
        (UploadState, long, long)? before = null;
        while (await _uploads.GetAsync(id, cancellationToken) is { } found
               && await SoundAsync(await JoinedAsync(found, cancellationToken), cancellationToken) is { } upload)
        {
            // The digest has finished it: what is left of broken chunks can go.
            if (upload.State == UploadState.Completed && before is (UploadState.Completing, _, _))
                _ = _placing.Signal(id);
            // A ledger that records nothing of it, as when this incarnation is fenced, must not keep a worker busy for ever.
            var now = (upload.State, upload.ReceivedBytes, upload.HashedBytes);
            if (now == before || !await _hasher.StepAsync(upload, cancellationToken))
                return;
            before = now;
        }

        _hasher.Forget(id);
    }

    private async Task PlaceAsync(UploadId id, CancellationToken cancellationToken)
    {
        (UploadState, long, long)? before = null;
        Upload? found;
        while ((found = await _uploads.GetAsync(id, cancellationToken)) is not null
            && await SoundAsync(found, cancellationToken) is { } upload)
        {
            var now = (upload.State, upload.ReceivedBytes, upload.PlacedBytes);
            if (now == before || await _merger.StepAsync(upload, cancellationToken) != MergeStep.More)
                break;
            before = now;
        }

        // What has ended is freed; a finished file may have left the kept parts of broken chunks behind. Who ends or finishes it now
        // signals.
        if (found is not null && (IsEnded(found.State) || found.State == UploadState.Completed))
            await _remover.ReclaimAsync(id, cancellationToken);
    }

    /// <summary>
    /// Joins what waits for parts that are all complete: the last one's request could not, or its process has ended (E27, T150).
    /// </summary>
    private async Task<Upload> JoinedAsync(Upload found, CancellationToken cancellationToken) =>
        found.WaitsForParts ? await JoinAsync(found.Id, cancellationToken) ?? found : found;

    /// <summary>Null when the upload has ended or is damaged.</summary>
    private async Task<Upload?> SoundAsync(Upload found, CancellationToken cancellationToken)
    {
        if (IsEnded(found.State))
            return null;
        // Before bytes of an earlier incarnation are copied, they are looked at: a merge would hide what is doubtful about them (E30, E31).
        var upload = await _check.EnsureAsync(found, cancellationToken);
        return upload.DamagedAt is null ? upload : null;
    }

    internal static bool IsEnded(UploadState state) =>
        state is UploadState.Cancelled or UploadState.Expired or UploadState.Failed or UploadState.Deleted;
}
