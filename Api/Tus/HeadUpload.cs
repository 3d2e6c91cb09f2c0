using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// Handles HEAD /files/{id}: 1. parse the address; 2. read the offset, after stopping a running PATCH, and check the rules; 3. join a
/// pending final upload; 4. write the headers. The error table turns temporary failures into 423 (T38a).
/// </summary>
internal static class HeadUpload
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(TusRoutes.Upload, [HttpMethods.Head], HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).WithMetadata(AsksForOffset.Instance)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, StreamAppender appender, UploadJoiner joiner, TusOptions options, Expiry expiry)
    {
        // 1. Parse the address.
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;

        // 2. and 3.
        var result = await appender.OffsetAsync(context.Caller(), parsed, UploadProtocol.Tus, context.RequestAborted);
        if (!result.Ok)
            return Refusal.Of(result.Failure);

        var upload = result.Value;
        var progress = ProtocolState.IsFinal(upload)
            ? await joiner.ProgressAsync(upload, context.RequestAborted)
            : new JoinProgress(upload, upload.ReceivedBytes, upload.Size);
        upload = progress.Upload;
        if (UploadRefusals.IfGone(upload) is { } ended)
            return Refusal.Of(ended);

        // 4. Write the headers.
        var headers = context.Response.Headers;
        // A pending final upload has no offset at which to resume; send one only where users of the protocol expect it (T147, T150).
        if (upload.IsReceived || !ProtocolState.IsFinal(upload) || options.Has(TusExtension.ConcatenationUnfinished))
            headers[TusHeaders.UploadOffset] = progress.ReceivedBytes.ToString(CultureInfo.InvariantCulture);
        if (progress.Size is { } size)
            headers[TusHeaders.UploadLength] = size.ToString(CultureInfo.InvariantCulture);
        else if (!ProtocolState.IsFinal(upload))
            headers[TusHeaders.UploadDeferLength] = "1";
        if (ProtocolState.MetadataOf(upload) is { } metadata)
            headers[TusHeaders.UploadMetadata] = metadata;
        if (ProtocolState.ConcatOf(upload) is { } concat)
            headers[TusHeaders.UploadConcat] = concat;
        expiry.Write(headers, upload);
        AdviceHeader.Write(context, upload);
        return TypedResults.StatusCode(StatusCodes.Status200OK);
    }

    private static EndpointDoc Doc => new(
        TusRoutes.Tag, nameof(HeadUpload), "Ask for the offset of an upload",
        "Where to go on. A PATCH that still runs is asked to stop, and what it brought is counted. A temporary failure is always 423 "
            + "with `Retry-After`.")
    {
        Headers = [TusRoutes.Version],
        Answers =
        [
            new(200, "In the headers.")
            {
                Headers =
                [
                    new(TusHeaders.UploadOffset, "The number of durable bytes.", "8388608"),
                    new(TusHeaders.UploadLength, "The whole length, as soon as it is known.", "20971520"),
                    new(TusHeaders.UploadDeferLength, "1 as long as it is not.", "1"),
                    new(TusHeaders.UploadMetadata, "As it was given.", "filename aG9saWRheS5tcDQ="),
                    new(TusHeaders.UploadConcat, "As it was given.", "partial"),
                    new(TusHeaders.UploadExpires, "When the upload ends unless more comes.", "Thu, 15 Jan 2026 09:30:12 GMT"),
                    AdviceHeader.Doc,
                ],
            },
        ],
        Protocol = UploadProtocol.Tus,
        Errors = [.. ErrorsOf.EndedUploads, RequestError.UnsupportedVersion],
    };
}
