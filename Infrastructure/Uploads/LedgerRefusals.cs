using ChunkUpload.Core.Files;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>Maps the outcomes of the ledger's functions to failures.</summary>
internal static class LedgerRefusals
{
    /// <summary>Whether a quota or a link has no room.</summary>
    public static bool IsLimit(string outcome) =>
        outcome.StartsWith("quota ", StringComparison.Ordinal) || outcome.StartsWith("link_", StringComparison.Ordinal);

    /// <summary>The failure for an outcome other than <c>ok</c>, with a sentence from Core.</summary>
    public static UploadFailure Of(string outcome, Upload? upload) =>
        QuotaExcess.Parse(outcome)?.ToFailure(upload) ?? UploadRefusals.Of(Refusal(outcome), upload);

    private static LedgerRefusal Refusal(string outcome) =>
        outcome switch
        {
            "fenced" => throw new ProcessReplacedException(),
            "not_found" => LedgerRefusal.NotFound,
            "state" => LedgerRefusal.State,
            "busy" => LedgerRefusal.Busy,
            "damaged" => LedgerRefusal.Damaged,
            "taken_over" => LedgerRefusal.TakenOver,
            "mismatch" => LedgerRefusal.KeyReused,
            "wrong_protocol" => LedgerRefusal.WrongProtocol,
            "overlap" => LedgerRefusal.Overlap,
            "no_such_range" => LedgerRefusal.NoSuchRange,
            "size_unknown" => LedgerRefusal.SizeUnknown,
            "size_mismatch" => LedgerRefusal.SizeMismatch,
            "missing" => LedgerRefusal.MissingRanges,
            "completed" => LedgerRefusal.Completed,
            "not_completed" => LedgerRefusal.NotCompleted,
            "part_missing" => LedgerRefusal.PartMissing,
            "not_a_part" => LedgerRefusal.NotPart,
            "part_unfinished" => LedgerRefusal.PartUnfinished,
            "too_large" => LedgerRefusal.TooLarge,
            "digest_fixed" => LedgerRefusal.DigestFixed,
            "digest_mismatch" => LedgerRefusal.DigestMismatch,
            "published" => LedgerRefusal.Published,
            "link_closed" => LedgerRefusal.LinkClosed,
            "link_size" => LedgerRefusal.LinkSize,
            "link_files" => LedgerRefusal.LinkFiles,
            "link_bytes" => LedgerRefusal.LinkBytes,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
        };

    /// <summary>The same for changes of a tree.</summary>
    public static UploadFailure OfTree(string outcome) => outcome == "fenced"
        ? throw new ProcessReplacedException()
        : QuotaExcess.Parse(outcome)?.ToFailure(null) ?? TreeRefusals.Of(outcome);
}
