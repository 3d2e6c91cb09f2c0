using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Errors;

/// <summary>A feature of requests whose protocol has statuses of its own: which column of the error table tells their failures.</summary>
internal sealed record ErrorFace(UploadProtocol Protocol)
{
    /// <summary>The offset that the client gave, for protocols that repeat it to whoever gave a wrong one.</summary>
    public long? ProvidedOffset { get; set; }

    /// <summary>Which registered problem types the version of the protocol has; null: all.</summary>
    public Func<string, bool>? Knows { get; init; }

    /// <summary>What has failed has done so for long enough: it is not told as a trouble that passes any more.</summary>
    public bool Lasts { get; set; }
}
