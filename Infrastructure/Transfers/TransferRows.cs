using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>A row of <c>transfers</c>.</summary>
internal sealed class TransferRow
{
    public const string Columns = """
        t.id, t.number, t.tenant, t.subject, t.scopes, t.api_key, t.label, t.source, t.destination, t.target, t.target_name,
        t.options::text, t.priority, t.state, t.wait, t.wait_since, t.wait_until, t.reason, t.cancelling, t.scanned, t.files, t.folders,
        t.bytes, t.done_files, t.done_bytes, t.skipped, t.failed, t.moved_bytes, t.planning, t.planned_at, t.room, t.deadline, t.notice,
        t.mail, t.schedule, t.sync, t.made_at, t.began_at, t.moved_at, t.ended_at
        """;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    static TransferRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public long Number { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public int Scopes { get; set; }
    public Guid? ApiKey { get; set; }
    public string Label { get; set; } = "";
    public Guid? Source { get; set; }
    public Guid? Destination { get; set; }
    public string Target { get; set; } = "";
    public string TargetName { get; set; } = "";
    public string Options { get; set; } = "{}";
    public short Priority { get; set; }
    public string State { get; set; } = "";
    public string? Wait { get; set; }
    public DateTime? WaitSince { get; set; }
    public DateTime? WaitUntil { get; set; }
    public string? Reason { get; set; }
    public bool Cancelling { get; set; }
    public bool Scanned { get; set; }
    public long Files { get; set; }
    public long Folders { get; set; }
    public long Bytes { get; set; }
    public long DoneFiles { get; set; }
    public long DoneBytes { get; set; }
    public long Skipped { get; set; }
    public long Failed { get; set; }
    public long MovedBytes { get; set; }
    public bool Planning { get; set; }
    public DateTime? PlannedAt { get; set; }
    public long? Room { get; set; }
    public DateTime? Deadline { get; set; }
    public string? Notice { get; set; }
    public string? Mail { get; set; }
    public Guid? Schedule { get; set; }
    public Guid? Sync { get; set; }
    public DateTime MadeAt { get; set; }
    public DateTime? BeganAt { get; set; }
    public DateTime? MovedAt { get; set; }
    public DateTime? EndedAt { get; set; }

    public static string OptionsOf(TransferOptions options) => JsonSerializer.Serialize(options, Json);

    public Transfer ToTransfer() => new(
        Id, Tenant, Subject, (Scopes)Scopes, ApiKey, Label, Source, Destination, Target, TargetName,
        JsonSerializer.Deserialize<TransferOptions>(Options, Json) ?? new TransferOptions(), (BandwidthPriority)Priority)
    {
        Number = Number,
        Schedule = Schedule,
        Sync = Sync,
        State = Words.Parse<TransferState>(State),
        Wait = Wait is null
            ? null
            : new TransferWait(Words.Parse<WaitReason>(Wait), LedgerRows.Utc(WaitSince) ?? default, LedgerRows.Utc(WaitUntil)),
        Reason = Reason,
        Cancelling = Cancelling,
        Scanned = Scanned,
        Planning = Planning,
        PlannedAt = LedgerRows.Utc(PlannedAt),
        Room = Room,
        Deadline = LedgerRows.Utc(Deadline),
        Counts = new TransferCounts(Files, Folders, Bytes, DoneFiles, DoneBytes, Skipped, Failed, MovedBytes),
        Notice = Words.ParseOrNull<TransferNote>(Notice),
        Mail = Words.ParseOrNull<TransferNote>(Mail),
        MadeAt = LedgerRows.Utc(MadeAt),
        BeganAt = LedgerRows.Utc(BeganAt),
        MovedAt = LedgerRows.Utc(MovedAt),
        EndedAt = LedgerRows.Utc(EndedAt),
    };
}

/// <summary>A row of <c>transfer_items</c>.</summary>
internal class TransferItemRow
{
    public const string Columns = """
        i.id, i.transfer, i.number, i.parent, i.kind, i.name, i.path, i.source_id, i.size, i.modified_at, i.media_type, i.state, i.fault,
        i.reason, i.attempts, i.restarts, i.pin, i.target_id, i.target_name, i.replaces, i.session, i.session_ends, i.position, i.hashes,
        i.sha256, i.result, i.verified, i.cursor, i.plan, i.plan_reason, i.began_at, i.ended_at, i.target_time, i.note,
        i.replaces_version, i.removal, i.kept_reason
        """;

    static TransferItemRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public Guid Transfer { get; set; }
    public long Number { get; set; }
    public Guid? Parent { get; set; }
    public string Kind { get; set; } = "";
    public string Name { get; set; } = "";
    public string Path { get; set; } = "";
    public string SourceId { get; set; } = "";
    public long? Size { get; set; }
    public DateTime? ModifiedAt { get; set; }
    public string? MediaType { get; set; }
    public string State { get; set; } = "";
    public string? Fault { get; set; }
    public string? Reason { get; set; }
    public int Attempts { get; set; }
    public int Restarts { get; set; }
    public string? Pin { get; set; }
    public string? TargetId { get; set; }
    public string? TargetName { get; set; }
    public string? Replaces { get; set; }
    public string? ReplacesVersion { get; set; }
    public string? Session { get; set; }
    public DateTime? SessionEnds { get; set; }
    public long Position { get; set; }
    public byte[]? Hashes { get; set; }
    public byte[]? Sha256 { get; set; }
    public string? Result { get; set; }
    public string? Verified { get; set; }
    public string? Cursor { get; set; }
    public string? Plan { get; set; }
    public string? PlanReason { get; set; }
    public DateTime? BeganAt { get; set; }
    public DateTime? EndedAt { get; set; }
    public DateTime? TargetTime { get; set; }
    public string? Note { get; set; }
    public string? Removal { get; set; }
    public string? KeptReason { get; set; }

    /// <summary>The id of the item's folder at the destination; only if selected.</summary>
    public string? TargetFolder { get; set; }

    /// <summary>When the attempt started; only if selected.</summary>
    public DateTime? TakenAt { get; set; }

    /// <param name="open">Decrypts the session; returns null if its keys are lost.</param>
    public TransferItem ToItem(Func<string, string?> open) =>
        new(Id, Transfer, Number, Parent, Words.Parse<StorageItemKind>(Kind), Name, Path)
        {
            SourceId = SourceId,
            Size = Size,
            Modified = LedgerRows.Utc(ModifiedAt),
            MediaType = MediaType,
            State = Words.Parse<TransferItemState>(State),
            Fault = Words.ParseOrNull<FaultKind>(Fault),
            Reason = Reason,
            Attempts = Attempts,
            Restarts = Restarts,
            Pin = Pin,
            TargetId = TargetId,
            TargetName = TargetName,
            Replaces = Replaces,
            ReplacesVersion = ReplacesVersion,
            Session = Session is null ? null : open(Session),
            SessionEndsAt = LedgerRows.Utc(SessionEnds),
            Position = Position,
            Hashes = Hashes,
            Sha256 = Sha256 is null ? null : new Sha256Digest(Sha256),
            Result = Result,
            VerifiedBy = Words.ParseOrNull<DigestKind>(Verified),
            Cursor = Cursor,
            Folder = TargetFolder,
            Plan = Words.ParseOrNull<PlannedAs>(Plan),
            PlanReason = PlanReason,
            BeganAt = LedgerRows.Utc(BeganAt),
            EndedAt = LedgerRows.Utc(EndedAt),
            TakenAt = LedgerRows.Utc(TakenAt),
            TargetTime = LedgerRows.Utc(TargetTime),
            Note = Note,
            IsRemoved = Removal switch { "removed" => true, "kept" => false, _ => null },
            KeptReason = KeptReason,
        };
}

/// <summary>An item row with its folder at the destination.</summary>
internal sealed class UnplannedRow : TransferItemRow
{
    public string? Folder { get; set; }
}

/// <summary>The result of recording the progress of an item.</summary>
internal sealed class SavedRow
{
    public string Claim { get; set; } = "";
    public DateTime At { get; set; }

    /// <summary>False if the lease is lost; null if the name could not be claimed.</summary>
    public bool? Held { get; set; }
}

/// <summary>The result of storing a transfer.</summary>
internal sealed class AddedRow
{
    public string Result { get; set; } = "";
    public Guid Transfer { get; set; }

    public AddedTransfer ToAdded() => new(Words.Parse<AddResult>(Result), Transfer);
}

internal sealed class TransferEventRow
{
    public long Number { get; set; }
    public DateTime At { get; set; }
    public Guid? Item { get; set; }
    public string Kind { get; set; } = "";
    public string? Text { get; set; }

    public TransferEvent ToEvent() => new(Number, LedgerRows.Utc(At), Item, Kind, Text);
}

internal sealed class TransferCallRow
{
    static TransferCallRow() => LedgerRows.Prepare();

    public long Number { get; set; }
    public DateTime At { get; set; }
    public Guid? Item { get; set; }
    public string Side { get; set; } = "";
    public string Operation { get; set; } = "";
    public int? Status { get; set; }
    public int TookMs { get; set; }
    public string? RequestId { get; set; }
    public string? Fault { get; set; }

    public RecordedCall ToCall() => new(
        Number, LedgerRows.Utc(At), Item, Side == "destination",
        new StorageCall(Operation, Status, TimeSpan.FromMilliseconds(TookMs), RequestId, Words.ParseOrNull<FaultKind>(Fault)));
}
