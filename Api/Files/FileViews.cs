using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Files;

internal sealed class FileViews(UploadOptions options)
{
    public static string Url(UploadId id) => $"/api/files/{id}";

    public static string ContentUrl(UploadId id) => $"/api/files/{id}/content";

    /// <summary>Returns 201, or 202 while a checker decides.</summary>
    public static int StatusOf(Upload upload) =>
        upload.State == UploadState.Checking ? StatusCodes.Status202Accepted : StatusCodes.Status201Created;

    /// <summary>Returns the state, or null for a finished file.</summary>
    public static string? StateOf(Upload upload) => upload.State == UploadState.Checking ? StateNames.Of(upload.State) : null;

    public FileView Of(Upload upload) => new()
    {
        Id = upload.Id.ToString(),
        Name = upload.FileName,
        State = StateOf(upload),
        Size = upload.Size ?? upload.ReceivedBytes,
        Sha256 = upload.Sha256?.ToString(),
        ContentType = upload.ContentType,
        Metadata = upload.Metadata,
        ContentUrl = ContentUrl(upload.Id),
        CreatedAt = upload.CreatedAt,
        CompletedAt = upload.CompletedAt ?? upload.StateAt,
        ExpiresAt = upload.KeptUntil(options.KeepFinishedFor),
        UnfiledReason = upload.UnfiledReason is { } reason ? TreeRefusals.Of(reason).Detail : null,
        DamagedAt = upload.DamagedAt,
    };
}
