using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Stores the transfers of files that members ask for. Every change locks the row: of two ends that change it, the first one wins. Each may
/// be repeated.
/// </summary>
public interface IFileTransferLedger
{
    Task<AskedFile> AskAsync(WantedFile wanted, long room, CancellationToken cancellationToken);

    /// <summary>Returns a transfer whatever its ends.</summary>
    Task<FileTransfer?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <returns><c>null</c> unless the caller asked for it, and is a member, or is the device's user.</returns>
    Task<FileTransfer?> FindAsync(Caller caller, Guid project, Guid id, CancellationToken cancellationToken);

    Task<IReadOnlyList<FileTransfer>> ListAsync(
        Caller caller, Guid project, FileTransferQuery query, CancellationToken cancellationToken);

    /// <summary>Those of the ids that the caller sees.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    Task<FileTransferOutcome> ClaimAsync(
        Guid project, Guid id, Caller caller, FileClaim claim, long room, CancellationToken cancellationToken);

    /// <returns>The upload by which the attempt comes; <c>null</c> if the attempt is over or another agent's.</returns>
    Task<UploadId?> BindAsync(Guid id, int attempt, Guid claim, UploadId upload, CancellationToken cancellationToken);

    Task<FileTransferOutcome> ChangeAsync(FileTransferChange change, CancellationToken cancellationToken);

    /// <param name="folder">Whether the approval holds for all that the member asks for in the folder, for 30 days.</param>
    Task<FileTransferOutcome> AnswerAsync(
        Guid project, Guid id, Caller caller, bool approve, bool folder, CancellationToken cancellationToken);

    /// <param name="attempt">The attempt that has failed.</param>
    /// <param name="isStraight">Whether the requester's device can take the file from the other device.</param>
    Task<FileTransferOutcome> RetryAsync(
        Guid project, Guid id, Caller caller, int attempt, long room, bool isStraight, CancellationToken cancellationToken);

    /// <summary>Tells the device again of a transfer whose receiver has come.</summary>
    Task WakeAsync(Guid id, CancellationToken cancellationToken);

    /// <returns>The time until it has to be looked at again; <c>null</c> if it has ended.</returns>
    Task<TimeSpan?> ExpireAsync(Guid id, CancellationToken cancellationToken);

    /// <returns>Zero if a mail is to be sent now; the time until then; <c>null</c> if there is nothing to tell.</returns>
    Task<TimeSpan?> ClaimMailAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Ends the running transfers whose rights have ended.</summary>
    /// <returns>The number of transfers.</returns>
    Task<int> StopAsync(CancellationToken cancellationToken);

    /// <summary>Notes that relays have moved bytes, and returns their running transfers.</summary>
    Task<IReadOnlyList<MovedTransfer>> NoteAsync(IReadOnlyCollection<UploadId> relays, CancellationToken cancellationToken);

    /// <param name="from">The position of which <see cref="RelayState.Available"/> tells.</param>
    Task<RelayState?> RelayAsync(Guid id, long from, CancellationToken cancellationToken);
}
