namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Why the ledger ended or reopened an upload by itself. It keeps the phrase with the upload; clients see it as the reason of the state.
/// </summary>
public static class StateReasons
{
    public const string Idle = "no byte came for longer than allowed";

    public const string NotKept = "its retention time is over";

    public const string NoFile = "no file has it as its content any more";

    public const string TenantRemoved = "its tenant was removed";

    public const string WrongDigest = "the whole-file SHA-256 is not the declared one";

    public const string BytesLost = "bytes were lost before they were flushed";

    public const string PartGone = "a part that it waited for is gone";

    public const string PartsTooLarge = "its parts together are larger than an upload may be";

    public const string PartsOverQuota = "a quota has no room for its parts";
}
