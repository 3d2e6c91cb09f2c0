using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>A request for a folder or for several files: a transfer for each file, answered and cancelled as one.</summary>
/// <param name="Requester">The subject of the member.</param>
/// <param name="Prefix">The requested folder; <c>null</c> for single files.</param>
public sealed record FileBatch(Guid Id, Guid Project, string Requester, string? Prefix)
{
    public const int MostFiles = 10_000;

    /// <summary>The display name of the requester.</summary>
    public string RequesterName { get; init; } = "";

    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>The devices that have the files that the caller sees.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    public int Files { get; init; }

    /// <summary>The number of transfers that wait for an answer.</summary>
    public int Waiting { get; init; }

    /// <summary>The number of approved transfers that no agent has claimed.</summary>
    public int Pending { get; init; }

    public int InProgress { get; init; }

    public int Completed { get; init; }

    /// <summary>The number of failed transfers, including declined ones.</summary>
    public int Failed { get; init; }

    public int Declined { get; init; }

    public int Cancelled { get; init; }

    /// <summary>The bytes of all files.</summary>
    public long Size { get; init; }

    /// <summary>The bytes that have been received from the devices.</summary>
    public long Moved { get; init; }

    /// <summary>The end of the last transfer; <c>null</c> while one is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>An approved transfer that waits for the device, if there is one.</summary>
    public Guid? Next { get; init; }

    /// <summary>The requester's own device that is to receive it.</summary>
    public Guid? TargetKey { get; init; }

    public bool IsOpen => Waiting + Pending + InProgress > 0;

    public bool IsAskedBy(Caller caller) => caller.Subject == Requester;
}

/// <summary>A request of a member for several files.</summary>
/// <param name="Id">The id of the request; a repetition uses the same id.</param>
/// <param name="Prefix">A folder without a slash at its end; <c>null</c> for <paramref name="Paths"/>.</param>
/// <param name="IsStraight">Whether the requester's device can fetch the files directly from the other device.</param>
public sealed record WantedFiles(
    Guid Id, Caller Caller, Guid Project, string? Prefix, IReadOnlyList<string> Paths, Guid? Target, bool IsStraight);

/// <summary>The outcome of asking for several files.</summary>
/// <param name="Files">The number of transfers of the batch; refused files have none.</param>
/// <param name="Refused">The first 1,000 files that are refused.</param>
public sealed record AskedFiles(
    FileTransferOutcome Outcome, int Files, IReadOnlyList<(string Path, FileTransferOutcome Outcome)> Refused);

/// <summary>Which batches to list.</summary>
public enum FileBatchList
{
    /// <summary>All batches with a transfer that the caller sees.</summary>
    All = 1,
    Asked,

    /// <summary>The batches that wait for the caller's answer.</summary>
    Requests,
}

/// <summary>
/// Stores requests for several files. Only their requester and the users of the devices see them, each only their own transfers.
/// </summary>
public interface IFileBatchLedger
{
    Task<AskedFiles> AskAsync(WantedFiles wanted, long room, CancellationToken cancellationToken);

    /// <param name="isOpen">Whether only batches that have not ended are listed.</param>
    Task<IReadOnlyList<FileBatch>> ListAsync(
        Caller caller, Guid project, FileBatchList list, bool isOpen, int most, CancellationToken cancellationToken);

    /// <returns><c>null</c> if the caller sees no transfer of such a batch.</returns>
    Task<FileBatch?> FindAsync(Caller caller, Guid project, Guid id, CancellationToken cancellationToken);

    /// <param name="folder">Whether the approval covers all of the member's requests in these folders for 30 days.</param>
    Task<FileTransferOutcome> AnswerAsync(
        Guid project, Guid id, Caller caller, bool approve, bool folder, CancellationToken cancellationToken);

    Task<FileTransferOutcome> CancelAsync(Guid project, Guid id, Caller caller, CancellationToken cancellationToken);
}
