namespace ChunkUpload.Emulators.Graph;

/// <summary>The names of what <c>/_control/switches</c> changes.</summary>
internal static class GraphSwitches
{
    /// <summary>Refuses a fragment that is no multiple of 320 KiB at once; otherwise the last fragment fails.</summary>
    public const string StrictFragments = "strictFragments";

    /// <summary>Office files on SharePoint get another size and hash soon after their upload.</summary>
    public const string RewriteOfficeFiles = "rewriteOfficeFiles";

    public const string QuickXorHash = "quickXorHash";

    public const string Sha256Hash = "sha256Hash";

    /// <summary>How long after the upload SHA-1 and SHA-256 are missing.</summary>
    public const string HashDelaySeconds = "hashDelaySeconds";

    /// <summary>Cost units that a minute allows; null for no limit.</summary>
    public const string UnitsPerMinute = "unitsPerMinute";

    public const string DownloadUrlSeconds = "downloadUrlSeconds";

    public const string SessionSeconds = "sessionSeconds";

    public const string PageSize = "pageSize";

    /// <summary>
    /// While it is set, delta tokens from before are refused with 410 and this code: resyncChangesApplyDifferences or
    /// resyncChangesUploadDifferences.
    /// </summary>
    public const string DeltaResync = "deltaResync";

    /// <summary>Lets requests for content pass that have an Authorization header.</summary>
    public const string ContentAuthorization = "contentAuthorization";

    /// <summary>How many times the address of a copy in progress answers that it is not done.</summary>
    public const string CopySteps = "copySteps";

    /// <summary>How long a device code lasts.</summary>
    public const string DeviceCodeSeconds = "deviceCodeSeconds";

    /// <summary>How often an application may ask about a device code; whoever asks sooner is told to slow down.</summary>
    public const string DevicePollSeconds = "devicePollSeconds";

    public static IReadOnlyDictionary<string, object?> Defaults { get; } = new Dictionary<string, object?>
    {
        [StrictFragments] = false,
        [RewriteOfficeFiles] = false,
        [QuickXorHash] = true,
        [Sha256Hash] = true,
        [HashDelaySeconds] = 0,
        [UnitsPerMinute] = null,
        [DownloadUrlSeconds] = 3600,
        [SessionSeconds] = 24 * 3600,
        [PageSize] = 200,
        [DeltaResync] = null,
        [CopySteps] = 0,
        [ContentAuthorization] = false,
        [DeviceCodeSeconds] = 900,
        [DevicePollSeconds] = 5,
    };
}
