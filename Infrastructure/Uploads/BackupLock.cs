namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Advisory locks of a backup. The server releases them when the backup's connection ends, however that happens, so none is left behind.
/// </summary>
internal static class BackupLock
{
    /// <summary>"chunkbkp" in ASCII: one backup at a time.</summary>
    public const long Run = 0x63_68_75_6e_6b_62_6b_70;

    /// <summary>The backup holds it; code that unlinks files takes it shared for a moment.</summary>
    public const long Files = Run + 1;

    public const string MayUnlink = "select pg_try_advisory_xact_lock_shared(@Files)";

    public const string TakeRun = "select pg_try_advisory_lock(@Run)";

    public const string TakeFiles = "select pg_advisory_lock(@Files)";
}
