using ChunkUpload.Api.Resumable.Digests;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Tree;

namespace ChunkUpload.Api.Resumable;

/// <summary>The parsed headers of a resumable creation; <see cref="CreateRules"/> validates them.</summary>
internal sealed class CreateHeaders
{
    private CreateHeaders(HttpContext context, Dialect dialect, bool complete)
    {
        var request = context.Request;
        Dialect = dialect;
        Complete = complete;
        Announced = RequestLength.Of(context);
        // The first versions lack this field. A file shorter than its client declares is incomplete in those versions too.
        if (dialect.KnowsLength || complete)
            (LengthStatus, Length) = UploadLength.Read(request.Headers);
        HasOffset = request.Headers.ContainsKey(ResumableHeaders.UploadOffset);
        MetadataStatus = MetadataField.Read(request.Headers[ResumableHeaders.UploadMetadata], out var metadata, out var fault);
        (Metadata, MetadataFault) = (metadata, fault);
        ContentType = request.ContentType is { } type && !PartialMediaType.Is(type) ? type : FileMetadata.TypeOf(metadata);
        CodingIsGood = CodingField.TryRead(request.Headers.ContentEncoding, out var coding);
        Coding = coding;
        Digests = RequestDigests.Read(request, complete);
    }

    public static CreateHeaders Read(HttpContext context, Dialect dialect, bool complete) => new(context, dialect, complete);

    public Dialect Dialect { get; }

    /// <summary>Whether this request contains the whole file.</summary>
    public bool Complete { get; }

    /// <summary>The number of bytes in this request, if known.</summary>
    public long? Announced { get; }

    public FieldStatus LengthStatus { get; }

    /// <summary>The length that the client declared.</summary>
    public long? Length { get; }

    /// <summary>The file's length, as far as the request declares it (R54).</summary>
    public long? Size => Length ?? (Complete ? Announced : null);

    public bool HasOffset { get; }

    public string ContentType { get; }

    public FieldStatus MetadataStatus { get; }

    /// <summary>The metadata of a tus client, which it also sends with a draft version.</summary>
    public MetadataField? Metadata { get; }

    public string MetadataFault { get; }

    public bool CodingIsGood { get; }

    public string? Coding { get; }

    public RequestDigests Digests { get; }
}
