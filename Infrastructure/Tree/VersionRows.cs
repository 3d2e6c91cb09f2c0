using ChunkUpload.Core.Tree;

namespace ChunkUpload.Infrastructure.Tree;

internal sealed class VersionRow
{
    public int Number { get; set; }
    public Guid Upload { get; set; }
    public long Size { get; set; }
    public byte[]? Sha256 { get; set; }
    public long ModifiedNs { get; set; }
    public string Subject { get; set; } = "";
    public DateTime CreatedAt { get; set; }
    public string? Label { get; set; }
    public DateTime? Until { get; set; }
    public bool Loser { get; set; }
    public long? LeavesIn { get; set; }
    public string? UserAgent { get; set; }
    public string Protocol { get; set; } = "";

    public FileVersion ToVersion() => new(
        Number, new UploadId(Upload), Size, LedgerRows.Digest(Sha256), new NanoTime(ModifiedNs), Subject, LedgerRows.Utc(CreatedAt))
    {
        Label = Label,
        ReplacedAt = Until is { } until ? LedgerRows.Utc(until) : null,
        LostConflict = Loser,
        LeavesIn = Until is not null && LeavesIn is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        UserAgent = UserAgent,
        Protocol = LedgerEnumNames.Protocol(Protocol),
    };
}

internal sealed class PolicyRow
{
    public Guid? Folder { get; set; }
    public string[]? Path { get; set; }
    public int? Last { get; set; }
    public int? Hours { get; set; }
    public int? Days { get; set; }
    public int? Weeks { get; set; }
    public long? Bytes { get; set; }
    public DateTime SetAt { get; set; }
    public string SetBy { get; set; } = "";
    public long SettlesIn { get; set; }

    public VersionPolicy? ToPolicy() => Last is { } last ? new(last, Hours!.Value, Days!.Value, Weeks!.Value, Bytes) : null;

    public FolderPolicy ToFolder() => new(
        new EntryId(Folder!.Value), Path, ToPolicy()!, LedgerRows.Utc(SetAt), SetBy, TimeSpan.FromSeconds(SettlesIn));
}

internal sealed class SpaceVersionsRow
{
    public long EarlierBytes { get; set; }
    public long Leaving { get; set; }
    public long LeavingBytes { get; set; }
    public bool IsPartial { get; set; }
}
