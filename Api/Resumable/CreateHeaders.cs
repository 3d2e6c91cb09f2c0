using ChunkUpload.Api.Resumable.Digests;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Tus;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>What the headers of a resumable creation say; what is wrong with them is for <see cref="CreateRules"/> to tell.</summary>
internal sealed class CreateHeaders
{
    private CreateHeaders(HttpContext context, Dialect dialect, bool complete, int longestMetadata)
    {
        var request = context.Request;
        Dialect = dialect;
        Complete = complete;
        Announced = RequestLength.Of(context);
        // The first versions had no such field; a file that is shorter than its client says is none in those either.
        if (dialect.KnowsLength || complete)
            (LengthReading, Length) = UploadLength.Read(request.Headers);
        HasOffset = request.Headers.ContainsKey(ResumableHeaders.UploadOffset);
        MetadataReading =
            MetadataField.Read(request.Headers[ResumableHeaders.UploadMetadata], longestMetadata, out var metadata, out var fault);
        (Metadata, MetadataFault) = (metadata, fault);
        ContentType = request.ContentType is { } type && !PartialMediaType.Is(type) ? type : FileMetadata.TypeOf(metadata);
        CodingIsGood = CodingField.TryRead(request.Headers.ContentEncoding, out var coding);
        Coding = coding;
        Digests = RequestDigests.Read(request, complete);
    }

    /// <param name="longestMetadata">In characters.</param>
    public static CreateHeaders Read(HttpContext context, Dialect dialect, bool complete, int longestMetadata) =>
        new(context, dialect, complete, longestMetadata);

    public Dialect Dialect { get; }

    /// <summary>This request brings all of the file.</summary>
    public bool Complete { get; }

    /// <summary>How many bytes this request brings, where it is known.</summary>
    public long? Announced { get; }

    public Reading LengthReading { get; }

    /// <summary>As the client said it.</summary>
    public long? Length { get; }

    /// <summary>How long the file is, as far as the request tells (R54).</summary>
    public long? Size => Length ?? (Complete ? Announced : null);

    public bool HasOffset { get; }

    public string ContentType { get; }

    public Reading MetadataReading { get; }

    /// <summary>What a client of tus says of the file, also where it speaks a draft.</summary>
    public MetadataField? Metadata { get; }

    public string MetadataFault { get; }

    public bool CodingIsGood { get; }

    public string? Coding { get; }

    public RequestDigests Digests { get; }
}
