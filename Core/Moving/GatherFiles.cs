using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Moving;

/// <summary>
/// Gathers finished uploads whose bytes lie in several stores, one after the other: the node that has the largest share moves the rest into
/// its store. A minute after an upload was completed the ledger returns it to that node. A service that is alone asks for nothing.
/// </summary>
internal sealed partial class GatherFiles(
    IMovingLedger ledger, ContentMover mover, OwnDisk target, Stores stores, NodeDrain drain, TimeProvider time, ILogger<GatherFiles> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    public override int Order => StartOrder.Background;

    public override string Name => "gathering files";

    /// <summary>Gathers the uploads whose time has come. One that cannot be gathered now is tried again after a pause.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (stores.HasOthers && !drain.IsDraining && target.HasRoomFor(1)
            && await ledger.NextSpreadAsync(cancellationToken) is { } upload)
        {
            // Before the move, so that one that fails each time does not keep the others waiting.
            await ledger.PutOffSpreadAsync(upload.Id, Pause, cancellationToken);
            var outcome = await mover.MoveAsync(upload, target, cancellationToken);
            if (outcome != MoveOutcome.Moved)
                PutOff(Log, upload.Id, outcome);
        }
    }

    protected override Task TickAsync(CancellationToken cancellationToken) => RunAsync(cancellationToken);

    [LoggerMessage(4019, LogLevel.Debug, "Upload {Upload} could not be gathered now ({Outcome}), and is tried again in five minutes")]
    private static partial void PutOff(ILogger log, UploadId upload, MoveOutcome outcome);
}
