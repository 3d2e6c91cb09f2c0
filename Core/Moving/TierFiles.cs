using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Moving;

/// <summary>
/// Moves finished uploads to the store that all nodes share, the oldest first, once they have been complete for the time of
/// <see cref="Tier"/>. Each node moves what lies in its own store. An upload that cannot be moved now is tried again an hour later.
/// </summary>
internal sealed partial class TierFiles(
    IMovingLedger ledger, ContentMover mover, FileRemover remover, Incarnation incarnation, Stores stores, Tier tier, TimeProvider time,
    ILogger<TierFiles> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    private const int Batch = 20;

    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    private Upload? _last;
    private long _began = time.GetTimestamp();

    public override int Order => StartOrder.Background;

    public override string Name => "moving files to the bucket";

    public override Task StartAsync(CancellationToken cancellationToken) =>
        tier.After is null ? Task.CompletedTask : base.StartAsync(cancellationToken);

    /// <summary>Moves the uploads whose time has come.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (tier.After is not { } after || stores.Shared is not { } shared)
            return;
        if (Time.GetElapsedTime(_began) >= Again)
            (_last, _began) = (null, Time.GetTimestamp());
        var target = new SharedTarget(shared, remover, incarnation);
        while (await ledger.NextForTierAsync(after, _last, Batch, cancellationToken) is { Count: > 0 } uploads)
        {
            foreach (var upload in uploads)
            {
                var outcome = await mover.MoveAsync(upload, target, cancellationToken);
                // Otherwise a bucket that does not answer would be asked for each file.
                if (outcome == MoveOutcome.Unreachable && !await AnswersAsync(shared, cancellationToken))
                    return;
                if (outcome != MoveOutcome.Moved)
                    PutOff(Log, upload.Id, outcome);
                _last = upload;
            }
        }
    }

    protected override Task TickAsync(CancellationToken cancellationToken) => RunAsync(cancellationToken);

    private static async Task<bool> AnswersAsync(IObjectStore shared, CancellationToken cancellationToken)
    {
        try
        {
            _ = await shared.NowAsync(cancellationToken);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    [LoggerMessage(4021, LogLevel.Debug, "Upload {Upload} could not be moved to the bucket now ({Outcome}), and is tried again in an hour")]
    private static partial void PutOff(ILogger log, UploadId upload, MoveOutcome outcome);
}
