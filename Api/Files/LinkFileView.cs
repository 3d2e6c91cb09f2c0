namespace ChunkUpload.Api.Files;

/// <summary>The answer to the sender of a file: only what the sender sent.</summary>
internal sealed record LinkFileView(string Name, long Size, string? Sha256)
{
    public static LinkFileView Of(Upload upload) =>
        new(upload.FileName, upload.Size ?? upload.ReceivedBytes, upload.Sha256?.ToString());
}
