using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// An upload that the ledger creates together with its first checkpoint: one transaction instead of two. This is possible because the bytes
/// come with the creation, and the client knows no address yet. When the request ends without a checkpoint, <see cref="RecordAsync"/>
/// creates the row.
/// </summary>
public sealed class DeferredCreation(NewUpload upload, Incarnation incarnation, DateTimeOffset now)
{
    private bool _created;

    /// <summary>The upload to create with the next checkpoint; null once the ledger has it.</summary>
    public NewUpload? New => _created ? null : upload;

    /// <summary>The upload's state before its creation; null once the ledger has it.</summary>
    public StreamInspection? Seen => _created ? null : new StreamInspection(BeforeCreation(), null, null);

    public void MarkCreated() => _created = true;

    /// <summary>
    /// Creates the upload if the ledger does not have it. Safe to call when the outcome of an earlier creation is unknown (E10).
    /// </summary>
    public async Task<UploadFailure?> RecordAsync(IUploadLedger ledger, CancellationToken cancellationToken)
    {
        if (_created)
            return null;
        var created = await ledger.CreateAsync(upload, cancellationToken);
        if (created.Ok)
            MarkCreated();
        return created.Failure;
    }

    private Upload BeforeCreation() => new()
    {
        Id = upload.Id,
        Tenant = upload.Caller.Tenant,
        Subject = upload.Caller.Subject,
        Protocol = upload.Protocol,
        State = UploadState.Open,
        StateAt = now,
        FileName = upload.FileName,
        ContentType = upload.ContentType,
        Metadata = upload.Metadata,
        ProtocolState = upload.ProtocolState,
        IsPart = upload.IsPart,
        RelayOf = upload.RelayOf,
        Priority = upload.Priority,
        Size = upload.Size,
        DeclaredSha256 = upload.DeclaredSha256,
        CreatedAt = now,
        IdleAllowance = upload.IdleAllowance,
        Incarnation = incarnation.Id,
    };
}
