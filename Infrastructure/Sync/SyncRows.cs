using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Transfers;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Infrastructure.Sync;

/// <summary>A row of <c>syncs</c>.</summary>
internal sealed class SyncRow
{
    public const string Columns = """
        s.id, s.number, s.tenant, s.subject, s.scopes, s.api_key, s.title, s.left_connection, s.left_root, s.left_name,
        s.right_connection, s.right_root, s.right_name, s.way, s.conflict_rule, s.options::text, s.interval_seconds, s.state, s.wait,
        s.reason, s.question::text, s.answer, s.answer_digest, s.transfer, s.items, s.left_out, s.looked_at, s.in_step_at, s.made_at,
        s.left_position, s.right_position, s.listed_at, s.restored, s.cron, s.once, s.left_items
        """;

    static SyncRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public long Number { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public int Scopes { get; set; }
    public Guid? ApiKey { get; set; }
    public string Title { get; set; } = "";
    public Guid? LeftConnection { get; set; }
    public string LeftRoot { get; set; } = "";
    public string LeftName { get; set; } = "";
    public Guid? RightConnection { get; set; }
    public string RightRoot { get; set; } = "";
    public string RightName { get; set; } = "";
    public string Way { get; set; } = "";
    public string ConflictRule { get; set; } = "";
    public string Options { get; set; } = "{}";
    public int IntervalSeconds { get; set; }
    public string State { get; set; } = "";
    public string? Wait { get; set; }
    public string? Reason { get; set; }
    public string? Question { get; set; }
    public string? Answer { get; set; }
    public string? AnswerDigest { get; set; }
    public Guid? Transfer { get; set; }
    public long Items { get; set; }
    public long LeftOut { get; set; }
    public DateTime? LookedAt { get; set; }
    public DateTime? InStepAt { get; set; }
    public DateTime MadeAt { get; set; }
    public string? LeftPosition { get; set; }
    public string? RightPosition { get; set; }
    public DateTime? ListedAt { get; set; }
    public bool Restored { get; set; }
    public string? Cron { get; set; }
    public bool Once { get; set; }
    public string[]? LeftItems { get; set; }

    public SyncPair ToPair() => new(
        Id, Tenant, Subject, (Scopes)Scopes, ApiKey, Title, new SyncPlace(LeftConnection, LeftRoot, LeftName) { Items = LeftItems },
        new SyncPlace(RightConnection, RightRoot, RightName))
    {
        Way = Words.Parse<SyncWay>(Way),
        ConflictRule = Words.Parse<SyncConflictRule>(ConflictRule),
        Options = JsonSerializer.Deserialize<TransferOptions>(Options, TransferRow.Json) ?? new TransferOptions(),
        Interval = TimeSpan.FromSeconds(IntervalSeconds),
        Number = Number,
        State = Words.Parse<SyncState>(State),
        Wait = Words.ParseOrNull<WaitReason>(Wait),
        Reason = Reason,
        Question = Question is null ? null : JsonSerializer.Deserialize<SyncQuestion>(Question, TransferRow.Json),
        Answer = Words.ParseOrNull<SyncAnswer>(Answer),
        AnsweredDigest = AnswerDigest,
        Transfer = Transfer,
        Items = Items,
        LeftOut = LeftOut,
        LookedAt = LedgerRows.Utc(LookedAt),
        InStepAt = LedgerRows.Utc(InStepAt),
        MadeAt = LedgerRows.Utc(MadeAt),
        LeftPosition = LeftPosition,
        RightPosition = RightPosition,
        ListedAt = LedgerRows.Utc(ListedAt),
        IsRestored = Restored,
        Cron = Cron,
        Once = Once,
    };
}

/// <summary>A row of <c>sync_items</c>.</summary>
internal sealed class SyncItemRow
{
    static SyncItemRow() => LedgerRows.Prepare();

    public string Path { get; set; } = "";
    public string Kind { get; set; } = "";
    public string LeftId { get; set; } = "";
    public string? LeftVersion { get; set; }
    public string? RightKind { get; set; }
    public string? RightId { get; set; }
    public string? RightVersion { get; set; }
    public long? Size { get; set; }
    public long? RightSize { get; set; }
    public byte[]? Sha256 { get; set; }
    public byte[]? RightSha256 { get; set; }
    public bool Missing { get; set; }

    public SyncBase ToBase() => new(
        EntryOf(Kind, LeftId, LeftVersion, Size, Sha256),
        RightId is null ? null : EntryOf(RightKind ?? Kind, RightId, RightVersion, RightSize ?? Size, RightSha256 ?? Sha256));

    private static SyncEntry EntryOf(string kind, string id, string? version, long? size, byte[]? sha256) =>
        new(id, kind == "folder")
        {
            Version = version,
            Size = size,
            Digests = sha256 is null
                ? new Dictionary<string, string>()
                : new Dictionary<string, string> { [SyncEntry.ReadDigest] = Convert.ToHexStringLower(sha256) },
        };
}

/// <summary>An item of a list, with the file that could not be copied.</summary>
internal sealed class SyncListRow
{
    static SyncListRow() => LedgerRows.Prepare();

    public string Path { get; set; } = "";
    public string Kind { get; set; } = "";
    public long? Size { get; set; }
    public string State { get; set; } = "";
    public string? Reason { get; set; }
    public DateTime? Until { get; set; }

    public SyncItem ToItem() => new(Path, Kind == "folder", Size, State, Reason, LedgerRows.Utc(Until));
}

/// <summary>A row of <c>sync_events</c>.</summary>
internal sealed class SyncEventRow
{
    static SyncEventRow() => LedgerRows.Prepare();

    public long Number { get; set; }
    public DateTime At { get; set; }
    public string Kind { get; set; } = "";
    public string? Path { get; set; }
    public string? Text { get; set; }

    public SyncEvent ToEvent() => new(Number, LedgerRows.Utc(At), Kind, Path, Text);
}
