using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>Maps the outcomes of the ledger's functions to failures.</summary>
internal static class LedgerRefusals
{
    /// <summary>The outcome where a quota has no room; the answer names it.</summary>
    public const string OverQuota = "quota";

    /// <summary>Whether a quota or a link has no room.</summary>
    public static bool IsLimit(string outcome) => outcome == OverQuota || outcome.StartsWith("link_", StringComparison.Ordinal);

    /// <summary>The failure for an outcome other than <c>ok</c>, with a sentence from Core.</summary>
    /// <param name="excess">The quota that has no room.</param>
    public static UploadFailure Of(string outcome, Upload? upload, QuotaExcess? excess = null) =>
        Limit(outcome, upload, excess) ?? UploadRefusals.Of(outcome, upload);

    public static UploadFailure Of(LedgerAnswer<Upload> answer) => Of(answer.Outcome, answer.Row, answer.Excess);

    /// <summary>The same for changes of a tree.</summary>
    public static UploadFailure OfTree(string outcome, QuotaExcess? excess) =>
        Limit(outcome, null, excess) ?? TreeRefusals.Of(outcome);

    private static UploadFailure? Limit(string outcome, Upload? upload, QuotaExcess? excess) => outcome == "fenced"
        ? throw new ProcessReplacedException()
        : excess?.ToFailure(upload);
}
