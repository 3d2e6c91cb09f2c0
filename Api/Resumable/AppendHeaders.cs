using ChunkUpload.Api.Resumable.Digests;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>The parsed headers of a PATCH.</summary>
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
            (LengthStatus, Length) = UploadLength.Read(request.Headers);
        Announced = RequestLength.Of(context);
        // Only the message of a creation can be the whole file.
        Digests = RequestDigests.Read(request, messageIsWhole: false);
    }

    public static AppendHeaders Read(HttpContext context, Dialect dialect) => new(context, dialect);

    public Dialect Dialect { get; }

    public bool HasTheType { get; }

    public long? Offset { get; }

    /// <summary>Whether this request contains the last bytes; null if the required header is missing.</summary>
    public bool? Complete { get; }

    public FieldStatus LengthStatus { get; }

    /// <summary>The upload's length as this request declares it.</summary>
    public long? Length { get; }

    /// <summary>The number of bytes in this request, if known.</summary>
    public long? Announced { get; }

    public RequestDigests Digests { get; }

    public bool HasFault(ResumableOptions options) =>
        !HasTheType || Offset is null || Complete is null || LengthStatus == FieldStatus.Malformed || Digests.Fault is not null
        || IsTooLarge(options) || IsTooSmall(options);

    public bool IsTooLarge(ResumableOptions options) => Announced > options.MaxAppendSize;

    public bool IsTooSmall(ResumableOptions options) => Complete == false && Announced < options.MinAppendSize;
}
