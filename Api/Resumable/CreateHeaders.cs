using ChunkUpload.Api.Resumable.Digests;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>What the headers of a resumable creation say; what is wrong with them is for <see cref="CreateRules"/> to tell.</summary>
internal sealed class CreateHeaders
{
    private CreateHeaders(HttpContext context, Dialect dialect, bool complete)
    {
        var request = context.Request;
        Dialect = dialect;
        Complete = complete;
        Announced = RequestLength.Of(context);
        Length = dialect.KnowsLength ? ItemField.Integer(request.Headers[ResumableHeaders.UploadLength]) : null;
        HasOffset = request.Headers.ContainsKey(ResumableHeaders.UploadOffset);
        ContentType = request.ContentType is { } type && !PartialMediaType.Is(type) ? type : MediaTypeRule.Default;
        CodingIsGood = CodingField.TryRead(request.Headers.ContentEncoding, out var coding);
        Coding = coding;
        Digests = RequestDigests.Read(request, complete);
    }

    public static CreateHeaders Read(HttpContext context, Dialect dialect, bool complete) => new(context, dialect, complete);

    public Dialect Dialect { get; }

    /// <summary>This request brings all of the file.</summary>
    public bool Complete { get; }

    /// <summary>How many bytes this request brings, where it is known.</summary>
    public long? Announced { get; }

    /// <summary>As the client said it.</summary>
    public long? Length { get; }

    /// <summary>How long the file is, as far as the request tells (R54).</summary>
    public long? Size => Length ?? (Complete ? Announced : null);

    public bool HasOffset { get; }

    public string ContentType { get; }

    public bool CodingIsGood { get; }

    public string? Coding { get; }

    public RequestDigests Digests { get; }
}
