using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Moving;

/// <summary>
/// Gathers finished uploads whose bytes lie in several stores, one after the other: the node that has the largest share moves the rest into
/// its store. Of uploads that lie in many small files of the bucket, the node that looks after the bucket joins these. The ledger returns
/// an upload a minute after it was completed. A service that is alone and has no bucket asks for nothing.
/// </summary>
internal sealed partial class GatherFiles(
    IMovingLedger ledger, ContentMover mover, OwnDisk own, FileRemover remover, Incarnation incarnation, Stores stores, NodeDrain drain,
    TimeProvider time, ILogger<GatherFiles> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    public override int Order => StartOrder.Background;

    public override string Name => "gathering files";

    /// <summary>Gathers the uploads whose time has come. One that cannot be gathered now is tried again after a pause.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RunAsync(own, mover.MoveAsync, cancellationToken);
        if (stores.Shared is { } shared)
            await RunAsync(new SharedTarget(shared, remover, incarnation), mover.JoinAsync, cancellationToken);
    }

    protected override Task TickAsync(CancellationToken cancellationToken) => RunAsync(cancellationToken);

    private async Task RunAsync(
        IMoveTarget target, Func<Upload, IMoveTarget, CancellationToken, Task<MoveOutcome>> gather, CancellationToken cancellationToken)
    {
        while (stores.HasOthers && !drain.IsDraining && target.HasRoomFor(1)
            && await ledger.NextSpreadAsync(target.Store, cancellationToken) is { } upload)
        {
            // Before the move, so that one that fails each time does not keep the others waiting.
            await ledger.PutOffSpreadAsync(upload.Id, Pause, cancellationToken);
            var outcome = await gather(upload, target, cancellationToken);
            if (outcome == MoveOutcome.Moved)
            {
                await ledger.EndSpreadAsync(upload.Id, target.Store, cancellationToken);
                continue;
            }

            PutOff(Log, upload.Id, outcome);
            // A bucket that does not answer is not asked for each upload.
            if (outcome == MoveOutcome.Unreachable && target.Store != own.Store)
                return;
        }
    }

    [LoggerMessage(4019, LogLevel.Debug, "Upload {Upload} could not be gathered now ({Outcome}), and is tried again in five minutes")]
    private static partial void PutOff(ILogger log, UploadId upload, MoveOutcome outcome);
}
