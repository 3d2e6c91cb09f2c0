namespace ChunkUpload.Api.Access;

internal static partial class AccessLog
{
    [LoggerMessage(2101, LogLevel.Warning, "Access:Mode is Open: everybody on this machine may upload, read and delete without a key.")]
    public static partial void Open(ILogger log);
}
