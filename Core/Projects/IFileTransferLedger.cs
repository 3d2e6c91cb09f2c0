using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Stores the transfers of files that members request. Every change locks the row, so of two concurrent changes the first one wins. Each
/// change may be repeated.
/// </summary>
public interface IFileTransferLedger
{
    Task<AskedFile> AskAsync(WantedFile wanted, long room, CancellationToken cancellationToken);

    /// <summary>Returns a transfer, independent of the caller.</summary>
    Task<FileTransfer?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <returns><c>null</c> unless the caller requested it and is a member, or is the device's user.</returns>
    Task<FileTransfer?> FindAsync(Caller caller, Guid project, Guid id, CancellationToken cancellationToken);

    Task<IReadOnlyList<FileTransfer>> ListAsync(
        Caller caller, Guid project, FileTransferQuery query, CancellationToken cancellationToken);

    /// <summary>Returns the ids among these that the caller sees.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    Task<FileTransferOutcome> ClaimAsync(
        Guid project, Guid id, Caller caller, FileClaim claim, long room, CancellationToken cancellationToken);

    /// <returns>The upload that relays the attempt; <c>null</c> if the attempt has ended or belongs to another agent.</returns>
    Task<UploadId?> BindAsync(Guid id, int attempt, Guid claim, UploadId upload, CancellationToken cancellationToken);

    Task<FileTransferOutcome> ChangeAsync(FileTransferChange change, CancellationToken cancellationToken);

    /// <param name="folder">Whether the approval covers all of the member's requests in the folder for 30 days.</param>
    Task<FileTransferOutcome> AnswerAsync(
        Guid project, Guid id, Caller caller, bool approve, bool folder, CancellationToken cancellationToken);

    /// <param name="attempt">The attempt that has failed.</param>
    /// <param name="isStraight">Whether the requester's device can fetch the file directly from the other device.</param>
    Task<FileTransferOutcome> RetryAsync(
        Guid project, Guid id, Caller caller, int attempt, long room, bool isStraight, CancellationToken cancellationToken);

    /// <summary>Notifies the device again of a transfer whose receiver is now online.</summary>
    Task WakeAsync(Guid id, CancellationToken cancellationToken);

    /// <returns>The time until it must be checked again; <c>null</c> if it has ended.</returns>
    Task<TimeSpan?> ExpireAsync(Guid id, CancellationToken cancellationToken);

    /// <returns>Zero if a mail is to be sent now; the time until then; <c>null</c> if no requests wait.</returns>
    Task<TimeSpan?> ClaimMailAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Ends the running transfers whose requester or device user has lost the right.</summary>
    /// <returns>The number of transfers.</returns>
    Task<int> StopAsync(CancellationToken cancellationToken);

    /// <summary>Records that relays have received bytes, and returns their running transfers.</summary>
    Task<IReadOnlyList<MovedTransfer>> NoteAsync(IReadOnlyCollection<UploadId> relays, CancellationToken cancellationToken);

    /// <param name="from">The position at which <see cref="RelayState.Available"/> begins.</param>
    Task<RelayState?> RelayAsync(Guid id, long from, CancellationToken cancellationToken);
}
