using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>A feature of every request under /uploads: the version that the client named, and the version of the answer.</summary>
internal sealed class ResumableRequest(bool isVersionSupported, Dialect? named)
{
    /// <summary>False when the client named an unsupported version.</summary>
    public bool IsVersionSupported => isVersionSupported;

    /// <summary>The version that the client named; null means none.</summary>
    public Dialect? Named => named;

    /// <summary>The version in which the request is read and answered; null means an ordinary request.</summary>
    public Dialect? Dialect { get; set; }

    public static ResumableRequest Of(HttpContext context) =>
        context.Features.Get<ResumableRequest>()
            ?? throw new InvalidOperationException("The request has not passed the gate of resumable uploads.");

    /// <summary>Reads a request without a version in the version of its upload.</summary>
    public void UseVersionOf(Upload upload)
    {
        if (named is null)
            Dialect = ProtocolState.DialectOf(upload);
    }
}
