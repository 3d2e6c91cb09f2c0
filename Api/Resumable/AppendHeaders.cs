using ChunkUpload.Api.Resumable.Digests;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>What the headers of a PATCH say, read once.</summary>
internal readonly struct AppendHeaders
{
    private AppendHeaders(HttpContext context, Dialect dialect)
    {
        var request = context.Request;
        Dialect = dialect;
        HasTheType = !dialect.NeedsPartialType || PartialMediaType.Is(request.ContentType);
        Offset = ItemField.Integer(request.Headers[ResumableHeaders.UploadOffset]);
        Complete = dialect.ReadComplete(request.Headers) ?? dialect.CompleteWhenAbsent;
        if (dialect.KnowsLength)
            (LengthReading, Length) = UploadLength.Read(request.Headers);
        Announced = RequestLength.Of(context);
        // The message is the whole file only where it begins at its beginning, which is a creation's business.
        Digests = RequestDigests.Read(request, messageIsWhole: false);
    }

    public static AppendHeaders Read(HttpContext context, Dialect dialect) => new(context, dialect);

    public Dialect Dialect { get; }

    public bool HasTheType { get; }

    public long? Offset { get; }

    /// <summary>This request brings the last bytes. Null: it does not say, and has to.</summary>
    public bool? Complete { get; }

    public Reading LengthReading { get; }

    /// <summary>The upload's length, as this request says it.</summary>
    public long? Length { get; }

    /// <summary>How many bytes this request brings, where it is known.</summary>
    public long? Announced { get; }

    public RequestDigests Digests { get; }

    public bool Faulty(ResumableOptions options) =>
        !HasTheType || Offset is null || Complete is null || LengthReading == Reading.Malformed || Digests.Fault is not null
        || IsTooLarge(options) || IsTooSmall(options);

    public bool IsTooLarge(ResumableOptions options) => Announced > options.MaxAppendSize;

    public bool IsTooSmall(ResumableOptions options) => Complete == false && Announced < options.MinAppendSize;
}
