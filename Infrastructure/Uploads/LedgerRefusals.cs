using ChunkUpload.Core.Files;
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
        Limit(outcome, upload) ?? UploadRefusals.Of(outcome, upload);

    /// <summary>The same for changes of a tree.</summary>
    public static UploadFailure OfTree(string outcome) => Limit(outcome, null) ?? TreeRefusals.Of(outcome);

    private static UploadFailure? Limit(string outcome, Upload? upload) => outcome == "fenced"
        ? throw new ProcessReplacedException()
        : QuotaExcess.Parse(outcome)?.ToFailure(upload);
}
