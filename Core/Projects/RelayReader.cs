using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Checks;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Projects;

/// <summary>Whether a relayed file can be read now.</summary>
public enum RelayReading
{
    Ready = 1,

    /// <summary>No bytes have arrived yet, or the checker has not decided.</summary>
    NotYet,

    /// <summary>The transfer, or this attempt, has ended.</summary>
    Gone,
}

/// <summary>
/// Sends a file to its requester while it is still being received from the device. Waits for bytes that are not recorded yet.
/// </summary>
public sealed class RelayReader(
    IFileTransferLedger ledger, IUploadLedger uploads, ContentCheck check, ContentReader reader, RelayWatch watch, ProjectOptions options,
    IOptions<CheckOptions> checker, TimeProvider time)
{
    // Check even if no new bytes were signalled, because the state may have changed.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public RelayReading Of(RelayState? state, int attempt, long size) => state switch
    {
        null => RelayReading.Gone,
        { Status: FileTransferStatus.Pending } when state.Attempt == attempt => RelayReading.NotYet,
        not { Status: FileTransferStatus.InProgress } => RelayReading.Gone,
        _ when state.Attempt != attempt || state.IsDamaged => RelayReading.Gone,
        { Relay: null } => RelayReading.NotYet,
        { State: UploadState.Completed } => RelayReading.Ready,
        { State: UploadState.Open or UploadState.Paused or UploadState.Completing or UploadState.Checking } =>
            checker.Value.IsSet || size == 0 || state.Received == 0 ? RelayReading.NotYet : RelayReading.Ready,
        _ => RelayReading.Gone,
    };

    /// <summary>Writes a range of the relayed bytes to the pipe while they arrive.</summary>
    /// <returns>False if bytes are missing: then the response must be aborted.</returns>
    public async Task<bool> CopyAsync(
        FileTransfer transfer, Caller caller, ByteRange range, PipeWriter destination, IFileTarget? socket,
        CancellationToken cancellationToken)
    {
        Upload? upload = null;
        var moved = time.GetTimestamp();
        for (var at = range.Offset; at < range.End;)
        {
            var next = upload is null ? Task.CompletedTask : watch.NextBytes(upload.Id);
            var state = await ledger.RelayAsync(transfer.Id, at, cancellationToken);
            if (Of(state, transfer.Attempt, transfer.Size) != RelayReading.Ready)
                return false;
            if (upload is null)
            {
                if (await uploads.GetAsync(state!.Relay!.Value, cancellationToken) is not { } found)
                    return false;
                upload = await check.EnsureAsync(found, cancellationToken);
                if (upload.IsElsewhere || upload.DamagedAt is not null)
                    return false;
                continue;
            }

            var end = Math.Min(range.End, state!.Available);
            if (end > at)
            {
                if (await reader.CopyAsync(
                        caller, upload, ByteRange.Between(at, end), destination, socket, cancellationToken) is not null)
                    return false;
                (at, moved) = (end, time.GetTimestamp());
                watch.Note(upload.Id);
                continue;
            }

            if (time.GetElapsedTime(moved) >= options.ReadPatience)
                return false;
            try
            {
                await next.WaitAsync(Look, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Check the state again.
            }
        }

        return true;
    }

    /// <summary>
    /// Completes the transfer after a browser has read the whole file, once the upload is complete and verified. If that takes too long, it
    /// returns and the transfer expires.
    /// </summary>
    public async Task CompleteAsync(FileTransfer transfer, Caller caller, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (await ledger.ChangeAsync(
                   new FileTransferChange(transfer.Project, transfer.Id, caller, FileTransferAct.Served) { Attempt = transfer.Attempt },
                   cancellationToken) == FileTransferOutcome.NotSent
               && time.GetElapsedTime(began) < options.ReadPatience)
            await Task.Delay(Look / 4, time, cancellationToken);
    }
}
