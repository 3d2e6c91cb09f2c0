using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>The names that the schema uses for Core's enumerations.</summary>
internal static class LedgerEnumNames
{
    public static string Word(this UploadState state) => state switch
    {
        UploadState.Open => "open",
        UploadState.Paused => "paused",
        UploadState.Completing => "completing",
        UploadState.Checking => "checking",
        UploadState.Completed => "completed",
        UploadState.Cancelled => "cancelled",
        UploadState.Expired => "expired",
        UploadState.Failed => "failed",
        UploadState.Deleted => "deleted",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static UploadState State(string word) => word switch
    {
        "open" => UploadState.Open,
        "paused" => UploadState.Paused,
        "completing" => UploadState.Completing,
        "checking" => UploadState.Checking,
        "completed" => UploadState.Completed,
        "cancelled" => UploadState.Cancelled,
        "expired" => UploadState.Expired,
        "failed" => UploadState.Failed,
        "deleted" => UploadState.Deleted,
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, null),
    };

    public static string Word(this UploadProtocol protocol) => protocol switch
    {
        UploadProtocol.Session => "session",
        UploadProtocol.Put => "put",
        UploadProtocol.Tus => "tus",
        UploadProtocol.Ietf => "ietf",
        UploadProtocol.Transfer => "transfer",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, null),
    };

    public static UploadProtocol Protocol(string word) => word switch
    {
        "session" => UploadProtocol.Session,
        "put" => UploadProtocol.Put,
        "tus" => UploadProtocol.Tus,
        "ietf" => UploadProtocol.Ietf,
        "transfer" => UploadProtocol.Transfer,
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, null),
    };

    public static string Word(this Durability durability) => durability switch
    {
        Durability.Committed => "committed",
        Durability.Relaxed => "relaxed",
        _ => throw new ArgumentOutOfRangeException(nameof(durability), durability, null),
    };

    public static RecordOutcome Outcome(string word) => word switch
    {
        "recorded" => RecordOutcome.Recorded,
        "duplicate" => RecordOutcome.Duplicate,
        "overlap" => RecordOutcome.Overlap,
        "beyond_size" => RecordOutcome.BeyondSize,
        "conflict" => RecordOutcome.Conflict,
        "refused" => RecordOutcome.Refused,
        "fenced" => RecordOutcome.Fenced,
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, null),
    };
}
