using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>A feature of every request under /uploads: which version its client named, and in which it is answered.</summary>
internal sealed class ResumableRequest(bool spoken, Dialect? named)
{
    /// <summary>False: a version was named that is not spoken here.</summary>
    public bool Spoken => spoken;

    /// <summary>Null: the request names no version.</summary>
    public Dialect? Named => named;

    /// <summary>How the request is read and answered; null: as an ordinary request.</summary>
    public Dialect? Dialect { get; set; }

    public static ResumableRequest Of(HttpContext context) =>
        context.Features.Get<ResumableRequest>()
            ?? throw new InvalidOperationException("The request has not passed the gate of resumable uploads.");

    /// <summary>A request that names no version is taken in that of its upload.</summary>
    public void GoBy(Upload upload)
    {
        if (named is null)
            Dialect = ProtocolState.DialectOf(upload);
    }
}
