namespace ChunkUpload.Client.Folders;

/// <summary>Leaves files out by their size and age.</summary>
internal sealed class FileFilter(FolderOptions options, TimeProvider time)
{
    private readonly DateTime _oldest = options.MaxAge is { } age && age < time.GetUtcNow().UtcDateTime - DateTime.UnixEpoch
        ? time.GetUtcNow().UtcDateTime - age
        : DateTime.MinValue;

    public bool LeavesOut(long size, DateTime? modified) => size < options.MinSize || modified < _oldest;
}
