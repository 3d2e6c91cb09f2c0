namespace ChunkUpload.Api.Files;

/// <summary>The response to the sender of a file, which contains only data that the sender has sent.</summary>
internal sealed record LinkFileView(string Name, long Size, string? Sha256)
{
    public static LinkFileView Of(Upload upload) =>
        new(upload.FileName, upload.Size ?? upload.ReceivedBytes, upload.Sha256?.ToString());
}
