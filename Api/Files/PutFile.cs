using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Files;

/// <summary>
/// PUT /api/files/{name}: one request, one file. 1. the name; 2. the headers; 3. the bytes, which Core receives; 4. the file.
/// </summary>
internal static class PutFile
{
    private const string Prefix = "/api/files/";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/api/files/{**name}", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileReceiver receiver, FileViews views, ApiMeter meter)
    {
        // 1. Read the name from the request line: routing decodes it partly, which cannot be undone.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RawName.TryRead(target, Prefix, out var name))
            return Refusal.Of(RequestError.InvalidName,
                "The name after /api/files/ must be UTF-8, percent-encoded without broken escapes.");
        if (FileNameRule.Fault(name) is { } fault)
            return Refusal.Of(RequestError.InvalidName, fault);

        // 2. The headers.
        if (FileBody.Read(context, out var file, out var body) is { } refusal)
            return refusal;

        // 3. The bytes, which Core receives.
        var wanted = new WantedUpload(context.Caller(), UploadProtocol.Put, name, file.ContentType) { Sha256 = file.Sha256 };
        var result = await receiver.ReceiveAsync(wanted, body, context.RequestAborted);
        meter.Put(result);
        if (!result.Ok)
            return Refusal.Of(result.Failure);

        // 4. The file.
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, FileViews.Url(result.Value.Id));
        return JsonAnswer.Of(views.Of(result.Value), ApiJson.Out.FileView, FileViews.StatusOf(result.Value));
    }

    private static EndpointDoc Doc => new(
        "Files", nameof(PutFile), "Send a file in one request",
        """
        For `curl -T FILE …/api/files/` and the like. Names need not be unique: each PUT makes a new file. A request that breaks off leaves
        nothing; to continue after a break, begin a session instead. A SHA-256 in the header or the trailer is compared before the file is
        there.

            curl -T holiday.mp4 -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/files/
        """)
    {
        CreatesUpload = true,
        Bytes = "The file's bytes.",
        Headers =
        [
            new(DigestHeaders.ContentDigest, "SHA-256 of the file (RFC 9530).", Examples.Digest),
            new(DigestHeaders.ReprDigest, "The same.", Examples.Digest),
            new(HexDigestField.Name, "The same in hexadecimal digits.", Examples.Sha256),
        ],
        Answers =
        [
            new(201, "The file, verified and durable.", typeof(FileView), Examples.File)
            {
                Headers = [new("Location", "The file's address.", $"/api/files/{Examples.Id}")],
            },
            new(202, "All bytes are there, and a checker decides whether they become the file.", typeof(FileView),
                Examples.CheckedFile),
        ],
        Errors =
        [
            .. ErrorsOf.Admission, .. ErrorsOf.Digests, UploadError.TypeMismatch, UploadError.LengthMismatch, UploadError.DigestMissing,
            UploadError.MalformedBody, UploadError.IdleTimeout, UploadError.FileDigestMismatch, UploadError.StorageFailed,
            UploadError.Stopping, RequestError.InvalidName, RequestError.InvalidPath,
        ],
    };
}
