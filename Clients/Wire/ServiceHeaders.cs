namespace ChunkUpload.Wire;

/// <summary>The header fields of the session API, and those that every answer of the service has.</summary>
public static class ServiceHeaders
{
    /// <summary>The SHA-256 of a whole chunk, in hexadecimal digits.</summary>
    public const string ChunkSha256 = "X-Chunk-SHA256";

    /// <summary>The SHA-256 of a whole file in hexadecimal digits.</summary>
    public const string ContentSha256 = "X-Content-SHA256";

    /// <summary>The digest of this message (RFC 9530).</summary>
    public const string ContentDigest = "Content-Digest";

    /// <summary>The digest of the whole chunk or file (RFC 9530).</summary>
    public const string ReprDigest = "Repr-Digest";

    /// <summary>Makes the creation of a session repeatable.</summary>
    public const string IdempotencyKey = "Idempotency-Key";

    /// <summary>The service's advice: chunk size, concurrency, waits.</summary>
    public const string UploadAdvice = "Upload-Advice";

    /// <summary>The client's hints about its link.</summary>
    public const string UploadClient = "Upload-Client";

    /// <summary>The stable code of a failure; one of <see cref="ProblemCodes"/>.</summary>
    public const string ErrorCode = "X-Error-Code";

    /// <summary>The version of the client, and in the answer that of the service: three numbers (docs/client.md).</summary>
    public const string Version = "ChunkUpload-Version";

    /// <summary>Names the request in the service's log.</summary>
    public const string RequestId = "X-Request-ID";
}
