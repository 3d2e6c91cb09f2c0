using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>A feature of every request under /uploads: the version that the client named, and the version of the answer.</summary>
internal sealed class ResumableRequest(bool isVersionSupported, Dialect? named)
{
    /// <summary>Whether the client named no version or a supported one.</summary>
    public bool IsVersionSupported => isVersionSupported;

    /// <summary>The version that the client named, or null.</summary>
    public Dialect? Named => named;

    /// <summary>The version of the request and the response; null for an ordinary request.</summary>
    public Dialect? Dialect { get; set; }

    public static ResumableRequest Of(HttpContext context) =>
        context.Features.Get<ResumableRequest>()
            ?? throw new InvalidOperationException("The request has not passed the checks of resumable uploads.");

    /// <summary>Sets the version of a request without one to that of its upload.</summary>
    public void UseVersionOf(Upload upload)
    {
        if (named is null)
            Dialect = ProtocolState.DialectOf(upload);
    }
}
