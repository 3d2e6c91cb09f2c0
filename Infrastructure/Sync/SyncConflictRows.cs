using ChunkUpload.Core.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Infrastructure.Sync;

/// <summary>A row of <c>sync_conflicts</c>.</summary>
internal sealed class SyncConflictRow
{
    public const string Columns = """
        c.id, c.number, c.sync, s.title, c.path, c.kind, c.digest, c.left_kind, c.left_id, c.left_version, c.left_size, c.left_modified,
        c.right_kind, c.right_id, c.right_version, c.right_size, c.right_modified, c.opened_at, c.answer, c.answered_by, c.answered_at,
        c.settled_at, c.taken_back_at
        """;

    static SyncConflictRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public long Number { get; set; }
    public Guid Sync { get; set; }
    public string Title { get; set; } = "";
    public string Path { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Digest { get; set; } = "";
    public string? LeftKind { get; set; }
    public string? LeftId { get; set; }
    public string? LeftVersion { get; set; }
    public long? LeftSize { get; set; }
    public DateTime? LeftModified { get; set; }
    public string? RightKind { get; set; }
    public string? RightId { get; set; }
    public string? RightVersion { get; set; }
    public long? RightSize { get; set; }
    public DateTime? RightModified { get; set; }
    public DateTime OpenedAt { get; set; }
    public string? Answer { get; set; }
    public string? AnsweredBy { get; set; }
    public DateTime? AnsweredAt { get; set; }
    public DateTime? SettledAt { get; set; }
    public DateTime? TakenBackAt { get; set; }

    public SyncConflictItem ToConflict() => new(
        Id, Number, Sync, Title, Path, Kind, Digest, EntryOf(LeftKind, LeftId, LeftVersion, LeftSize, LeftModified),
        EntryOf(RightKind, RightId, RightVersion, RightSize, RightModified))
    {
        OpenedAt = LedgerRows.Utc(OpenedAt),
        Answer = Words.ParseOrNull<SyncAnswer>(Answer),
        ByRule = AnsweredBy == "rule",
        AnsweredAt = LedgerRows.Utc(AnsweredAt),
        SettledAt = LedgerRows.Utc(SettledAt),
        TakenBackAt = LedgerRows.Utc(TakenBackAt),
    };

    /// <summary>Returns a conflict of a scan in the form that <c>save_sync_conflicts</c> reads.</summary>
    public static object Of(SyncDecision decision)
    {
        var (left, right) = (decision.Conflict.Left, decision.Conflict.Right);
        return new
        {
            path = decision.Conflict.Path,
            kind = Words.Of(decision.Conflict.Kind),
            digest = decision.Digest,
            left_kind = KindOf(left),
            left_id = left?.Id,
            left_version = left?.Version,
            left_size = left?.Size,
            left_modified = left?.Modified,
            right_kind = KindOf(right),
            right_id = right?.Id,
            right_version = right?.Version,
            right_size = right?.Size,
            right_modified = right?.Modified,
            answer = Words.Of(decision.Answer),
            answered_by = decision.Answer is null ? null : decision.ByRule ? "rule" : "owner",
        };
    }

    private static SyncEntry? EntryOf(string? kind, string? id, string? version, long? size, DateTime? modified) =>
        kind is null || id is null ? null : new SyncEntry(id, kind == "folder")
        {
            Version = version,
            Size = size,
            Modified = LedgerRows.Utc(modified),
        };

    private static string? KindOf(SyncEntry? entry) => entry is null ? null : entry.IsFolder ? "folder" : "file";
}
