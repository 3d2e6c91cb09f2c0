using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// An upload of which the ledger hears with the first record of its bytes, as these came along with its creation and their sender knows no
/// address before: one record instead of two. When the request ends otherwise, <see cref="RecordAsync"/> leaves the row that a creation leaves.
/// </summary>
public sealed class DeferredCreation(NewUpload upload, Incarnation incarnation, DateTimeOffset now)
{
    private bool _recorded;

    /// <summary>What is to be created with the next record; null once it is there.</summary>
    public NewUpload? New => _recorded ? null : upload;

    /// <summary>How it stands until then; null once only the ledger knows.</summary>
    public StreamInspection? Seen => _recorded ? null : new StreamInspection(Begun(), null, null);

    public void Recorded() => _recorded = true;

    /// <summary>Creates it unless that has happened; also where it is not known whether that has (E10).</summary>
    public async Task<UploadFailure?> RecordAsync(IUploadStateLedger ledger, CancellationToken cancellationToken)
    {
        if (_recorded)
            return null;
        var created = await ledger.CreateAsync(upload, cancellationToken);
        if (created.Ok)
            Recorded();
        return created.Failure;
    }

    private Upload Begun() => new()
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
        Facts = upload.Facts,
        IsPart = upload.IsPart,
        Size = upload.Size,
        CreatedAt = now,
        IdleAllowance = upload.IdleAllowance,
        Incarnation = incarnation.Id,
    };
}
