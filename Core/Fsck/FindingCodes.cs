using System.Collections.Frozen;

namespace ChunkUpload.Core.Fsck;

/// <summary>All findings of fsck, and the remedy for each.</summary>
internal static class FindingCodes
{
    public const string UploadDamaged = "upload-damaged";
    public const string ExtentFileMissing = "extent-file-missing";
    public const string ExtentFileShort = "extent-file-short";
    public const string ExtentDifferent = "extent-different";
    public const string ExtentUnreadable = "extent-unreadable";
    public const string ExtentNotNamed = "extent-not-named";
    public const string ExtentTombstoned = "extent-tombstoned";
    public const string FileDifferent = "file-different";
    public const string ExtentsOverlap = "extents-overlap";
    public const string RangesDiffer = "ranges-differ";
    public const string ReceivedDiffers = "received-differs";
    public const string PlacedDiffers = "placed-differs";
    public const string ChunkCountDiffers = "chunk-count-differs";
    public const string BeyondSize = "beyond-size";
    public const string CompletedWithGap = "completed-with-gap";
    public const string StreamWithGap = "stream-with-gap";
    public const string PrefixFileMissing = "prefix-file-missing";
    public const string PrefixFileShort = "prefix-file-short";
    public const string PrefixNotNamed = "prefix-not-named";
    public const string PrefixReceived = "prefix-received";
    public const string StuckCompleting = "stuck-completing";
    public const string StuckChecking = "stuck-checking";
    public const string StuckContent = "stuck-content";
    public const string StuckStale = "stuck-stale";
    public const string StuckDigest = "stuck-digest";
    public const string FileUnused = "file-unused";
    public const string TombstoneLeft = "tombstone-left";
    public const string OrphanFile = "orphan-file";
    public const string ForeignFile = "foreign-file";
    public const string EntryOrphan = "entry-orphan";
    public const string EntryCycle = "entry-cycle";
    public const string EntryContent = "entry-content";
    public const string VersionUpload = "version-upload";
    public const string VersionUnused = "version-unused";
    public const string UploadUnnamed = "upload-unnamed";
    public const string SpaceDiffers = "space-differs";
    public const string UsageDiffers = "usage-differs";
    public const string LinkDiffers = "link-differs";

    private const string BringBack = "Restore the stored file from a backup, or delete the upload and send the file again.";
    private const string LiftQuarantine = "Restore its stored files from a backup, then run fsck --mend or the job scrub-files; or "
        + "delete the upload and send the file again.";
    private const string Report = "No stored bytes are affected; report it with this output, and do not edit the ledger by hand.";
    private const string SendAgain = "No received chunk is lost: the client sends the chunk from its beginning.";
    private const string Sweep = "Run the job sweep-orphans; if the finding remains, look at that job's history.";
    private const string Finish = "Run the job finish-pending, and look for warnings of this upload in the log.";

    private static readonly FrozenDictionary<string, string> Remedies = new Dictionary<string, string>
    {
        [UploadDamaged] = LiftQuarantine,
        [ExtentFileMissing] = BringBack,
        [ExtentFileShort] = BringBack,
        [ExtentDifferent] = BringBack,
        [FileDifferent] = BringBack,
        [ExtentUnreadable] = "Check the disk and its cables, then run fsck --deep again.",
        [ExtentNotNamed] = Report,
        [ExtentTombstoned] =
            "Stop the service before the file is removed, take a copy of the data directory, and report it with this output.",
        [ExtentsOverlap] = Report,
        [RangesDiffer] = Report,
        [ReceivedDiffers] = Report,
        [PlacedDiffers] = Report,
        [ChunkCountDiffers] = Report,
        [BeyondSize] = Report,
        [CompletedWithGap] = BringBack,
        [StreamWithGap] = BringBack,
        [PrefixFileMissing] = SendAgain,
        [PrefixFileShort] = SendAgain,
        [PrefixNotNamed] = SendAgain,
        [PrefixReceived] = Report,
        [StuckCompleting] = Finish,
        [StuckChecking] =
            "Look at the log for what the checker answers. Without a checker, set one in the section Check, or cancel the upload.",
        [StuckContent] = Finish,
        [StuckDigest] = Finish,
        [StuckStale] = "Run the job purge-stale-sessions, or resume it when it is paused.",
        [FileUnused] = Report,
        [TombstoneLeft] = Sweep,
        [OrphanFile] = Sweep,
        [EntryOrphan] = Report,
        [EntryCycle] = Report,
        [EntryContent] = Report,
        [VersionUpload] = Report,
        [VersionUnused] = Report,
        [UploadUnnamed] = Report,
        [UsageDiffers] = "No file is affected, but quotas are; fsck --mend corrects the counters.",
        [LinkDiffers] = "No file is affected, but the limits of the link are; fsck --mend corrects the counters.",
        [SpaceDiffers] = "No file is affected; fsck --mend corrects the counters.",
        [ForeignFile] = "It came from another ledger: if this one was restored from an older backup, restore the newest; otherwise "
            + "move the file away.",
    }.ToFrozenDictionary();

    public static IEnumerable<string> All => Remedies.Keys;

    public static string Remedy(string code) => Remedies[code];
}
