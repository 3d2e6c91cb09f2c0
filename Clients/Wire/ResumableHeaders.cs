namespace ChunkUpload.Wire;

/// <summary>The header fields and fixed words of resumable uploads for HTTP.</summary>
public static class ResumableHeaders
{
    public const string InteropVersion = "Upload-Draft-Interop-Version";
    public const string UploadComplete = "Upload-Complete";

    /// <summary>Interop version 3 has this field in place of Upload-Complete, with the opposite meaning.</summary>
    public const string UploadIncomplete = "Upload-Incomplete";
    public const string UploadOffset = "Upload-Offset";
    public const string UploadLength = "Upload-Length";
    public const string UploadLimit = "Upload-Limit";

    /// <summary>A field of tus; its clients also send it with the drafts.</summary>
    public const string UploadMetadata = "Upload-Metadata";
    public const string AcceptPatch = "Accept-Patch";
    public const string WantReprDigest = "Want-Repr-Digest";

    public const string PartialUpload = "application/partial-upload";

    /// <summary>The URI prefix of the registered problem types.</summary>
    public const string ProblemTypes = "https://iana.org/assignments/http-problem-types#";
}
