using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Handles HEAD and GET /uploads/{id}: 1. check the address and the fields; 2. read the offset, after stopping a running request (R72,
/// R111), and check the rules; 3. write the headers. GET has no body yet (R76).
/// </summary>
internal static class HeadUpload
{
    private static readonly string[] AppendFields =
        [ResumableHeaders.UploadOffset, ResumableHeaders.UploadComplete, ResumableHeaders.UploadIncomplete, ResumableHeaders.UploadLength];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(ResumableRoutes.Upload, [HttpMethods.Head], HandleAsync)
            .RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload).WithMetadata(AsksForOffset.Instance)
            .Document(Doc("HeadResumableUpload"));
        routes.MapMethods(ResumableRoutes.Upload, [HttpMethods.Get], HandleAsync)
            .RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload).Document(Doc("GetResumableUpload"));
    }

    private static async Task<IResult> HandleAsync(string id, HttpContext context, StreamAppender appender, LimitHeader limits)
    {
        // 1. A link on another site's page can make a browser send a GET with cookies, and this request stops a running upload.
        if (HttpMethods.IsGet(context.Request.Method) && context.Caller().Credential.Kind == CredentialKind.Session
            && !RequestOrigin.IsOwn(context.Request))
            return Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault);
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;
        var resumable = ResumableRequest.Of(context);
        if (RefuseAppendFields(context.Request.Headers, resumable.Dialect!) is { } refusal)
            return refusal;

        // 2. Only a caller who may see the upload can stop its writer (R113).
        var now = await appender.OffsetAsync(context.Caller(), parsed, UploadProtocol.Ietf, context.RequestAborted);
        if (!now.Ok)
            return Refusal.Of(now.Failure);
        resumable.UseVersionOf(now.Value);
        if (UploadRefusals.IfGone(now.Value) is { } ended)
            return Refusal.Of(ended);

        // 3. An upload with all its bytes is not complete before its file is complete (R71).
        var headers = context.Response.Headers;
        var dialect = resumable.Dialect!;
        headers[ResumableHeaders.UploadOffset] = ItemField.Write(now.Value.ReceivedBytes);
        dialect.WriteComplete(headers, now.Value.IsReceived);
        if (dialect.KnowsLength && now.Value.Size is { } size)
            headers[ResumableHeaders.UploadLength] = ItemField.Write(size);
        limits.Write(headers, dialect, now.Value, context.Caller());
        AdviceHeader.Write(context, now.Value);
        return TypedResults.NoContent();
    }

    private static Refusal? RefuseAppendFields(IHeaderDictionary headers, Dialect dialect)
    {
        if (!dialect.RefusesFieldsOnHead)
            return null;
        foreach (var name in AppendFields)
        {
            if (headers.ContainsKey(name) && (name != ResumableHeaders.UploadLength || dialect.KnowsLength))
                return Refusal.Of(RequestError.InvalidHeader, $"A request that asks for the offset must not have {name}; leave it out.");
        }

        return null;
    }

    private static EndpointDoc Doc(string name) => new(
        ResumableRoutes.Tag, name, "Ask for the offset of a resumable upload",
        "Where to go on. A request that still sends is stopped, and what it brought is counted. HEAD reports a temporary failure as 423 "
            + "with `Retry-After`.")
    {
        Headers = [ResumableRoutes.Version],
        Answers =
        [
            new(204, "In the headers.")
            {
                Headers =
                [
                    new(ResumableHeaders.UploadOffset, "The number of durable bytes.", "8388608"),
                    new(ResumableHeaders.UploadComplete, "Whether the file is finished.", "?0"),
                    new(ResumableHeaders.UploadLength, "The whole length, as soon as it is known.", "20971520"),
                    new(ResumableHeaders.UploadLimit, "The limits.", "max-size=1099511627776, min-size=0, max-age=86400"),
                    AdviceHeader.Doc,
                ],
            },
        ],
        Protocol = UploadProtocol.Ietf,
        Errors = [.. ErrorsOf.EndedUploads, RequestError.InvalidHeader],
    };
}
