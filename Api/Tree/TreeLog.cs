namespace ChunkUpload.Api.Tree;

internal static partial class TreeLog
{
    [LoggerMessage(1201, LogLevel.Warning, "The archive of folder {Folder} was cut off: {Error}. {Reason}")]
    public static partial void ArchiveCut(ILogger logger, EntryId folder, string error, string reason);
}
