using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Creates the response to a client whose bytes are durable. It always contains the offset, because many clients rely on it (R83).
/// </summary>
internal sealed class UploadAnswers(FileViews views, LimitHeader limits) : IFileHeaders
{
    public static string LocationOf(HttpContext context, Upload upload) =>
        LinkAddress.LocationOf(context.Request, ResumableRoutes.PathOf(upload.Id));

    /// <summary>Adds the upload's address, which exists even if the request that created it failed (R56).</summary>
    public void Locate(HttpContext context, Dialect dialect, Upload upload)
    {
        context.Response.Headers.Location = LocationOf(context, upload);
        limits.Write(context.Response.Headers, dialect, upload, context.Features.Get<Caller>());
    }

    /// <summary>Creates the response if the upload is created, but the file is not complete yet (R52).</summary>
    public IResult Begun(HttpContext context, Dialect dialect, Upload upload, long offset)
    {
        var headers = context.Response.Headers;
        Locate(context, dialect, upload);
        AdviceHeader.Write(context, upload);
        WritePart(headers, dialect, offset);
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    /// <summary>Creates the response if more bytes of the upload are durable (R83).</summary>
    public static IResult Continued(HttpContext context, Dialect dialect, Upload upload, long offset)
    {
        AdviceHeader.Write(context, upload);
        WritePart(context.Response.Headers, dialect, offset);
        return TypedResults.StatusCode(dialect.PartStatus);
    }

    /// <summary>Creates the response for the complete file, as for an ordinary upload (R51, R84).</summary>
    public IResult Completed(HttpContext context, Dialect dialect, Upload upload, bool begins)
    {
        var headers = context.Response.Headers;
        // Neither links nor keys that may only upload have access to the file's own address.
        var linked = context.Caller().Grant is not null;
        var reachesFile = !linked && context.Caller().Scopes.HasFlag(Scopes.Read);
        if (dialect.LocatesResult && reachesFile)
            headers.Location = PublicAddress.Of(context.Request, FileViews.Url(upload.Id));
        else if (begins || !reachesFile)
            headers.Location = LocationOf(context, upload);
        headers[ResumableHeaders.UploadOffset] = ItemField.Write(upload.ReceivedBytes);
        if (dialect.TellsCompletion)
            dialect.WriteComplete(headers, complete: true);
        var wanted = ProtocolState.WantsDigest(upload)
            || WantDigestField.WantsSha256(context.Request.Headers[ResumableHeaders.WantReprDigest]);
        if (wanted && upload.Sha256 is { } digest)
            headers[DigestHeaders.ReprDigest] = DigestField.Write(digest);
        return linked
            ? JsonAnswer.Of(LinkFileView.Of(upload), ApiJson.Out.LinkFileView, FileViews.StatusOf(upload))
            : JsonAnswer.Of(views.Of(upload), ApiJson.Out.FileView, FileViews.StatusOf(upload));
    }

    /// <summary>
    /// Adds the headers at the file's own address, because a client that resumes queries the offset at the Location of the last response,
    /// which is this address (R51).
    /// </summary>
    void IFileHeaders.Write(IHeaderDictionary headers, Upload upload)
    {
        if (upload.Protocol != UploadProtocol.Ietf)
            return;
        headers[ResumableHeaders.UploadOffset] = ItemField.Write(upload.ReceivedBytes);
        ProtocolState.DialectOf(upload).WriteComplete(headers, complete: true);
    }

    private static void WritePart(IHeaderDictionary headers, Dialect dialect, long offset)
    {
        headers[ResumableHeaders.UploadOffset] = ItemField.Write(offset);
        dialect.WriteComplete(headers, complete: false);
    }
}
