using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Requests;

namespace ChunkUpload.Api.Files;

/// <summary>The headers that describe a file sent in one request.</summary>
internal readonly record struct FileBody(string ContentType, Sha256Digest? Sha256)
{
    /// <returns>Null, or why the request is refused before a byte is read.</returns>
    public static IResult? Read(HttpContext context, out FileBody file, out UploadBody body)
    {
        file = default;
        body = default!;
        var request = context.Request;
        if (FormUpload.Refuse(request) is { } form)
            return form;
        var contentType = request.ContentType ?? MediaTypeRule.Default;
        if (!MediaTypeRule.Allows(contentType))
            return Refusal.Of(RequestError.InvalidHeader,
                "Content-Type must be a media type such as video/mp4, of at most 255 characters.");
        if (request.Headers.ContentRange.Count > 0)
            return Refusal.Of(RequestError.InvalidHeader,
                "PUT takes a whole file, so it takes no Content-Range. To send a file in parts, create a session.");
        if (DigestHeaders.RefuseCoding(request) is { } coded)
            return coded;
        if (DigestHeaders.Read(request.Headers, messageIsWhole: true, out var sha256, out _) is { } refusal)
            return refusal;
        switch (HexDigestField.Read(request.Headers[ServiceHeaders.ContentSha256], out var content))
        {
            case FieldStatus.Absent:
                break;
            case FieldStatus.Found when sha256 is null || sha256 == content:
                sha256 = content;
                break;
            case FieldStatus.Found:
                return Refusal.Of(RequestError.DigestConflict, "Two headers name different SHA-256 values of the file; send one.");
            default:
                return Refusal.Of(RequestError.MalformedDigest,
                    $"{ServiceHeaders.ContentSha256} must be the 64 hexadecimal digits of a SHA-256.");
        }

        body = RequestBody.Of(context, request.ContentLength);
        if (sha256 is null && DigestHeaders.AnnouncesTrailer(request, messageIsWhole: true))
            body = body with { TrailerDigest = () => DigestHeaders.ReadTrailer(request, messageIsWhole: true) };
        file = new FileBody(contentType, sha256);
        return null;
    }
}
