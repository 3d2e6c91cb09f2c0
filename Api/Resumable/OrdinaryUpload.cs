using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Receives an upload without resumption: one request, one file, as at /api/files. Nothing is kept of an interrupted request.
/// </summary>
internal sealed class OrdinaryUpload(FileReceiver receiver, FileViews views, Admission admission, ApiMeter meter)
{
    /// <param name="target">Where the file is published; null if it stays unfiled.</param>
    public async Task<IResult> ReceiveAsync(HttpContext context, string name, FileTarget? target)
    {
        var request = context.Request;
        var contentType = request.ContentType ?? MediaTypeRule.Default;
        if (!MediaTypeRule.Allows(contentType))
            return Refusal.Of(RequestError.InvalidHeader,
                "Content-Type must be a media type such as video/mp4, of at most 255 characters.");
        if (DigestHeaders.RefuseCoding(request) is { } coded)
            return coded;
        if (DigestHeaders.Read(request.Headers, messageIsWhole: true, out var sha256, out _) is { } refusal)
            return refusal;
        var body = RequestBody.Of(context, RequestLength.Of(context));
        if (ReadLength(request.Headers, body.Length, admission.LargestUpload(context.Caller()), out var length) is { } wrong)
            return wrong;
        if (sha256 is null && DigestHeaders.AnnouncesTrailer(request, messageIsWhole: true))
            body = body with { TrailerDigest = () => DigestHeaders.ReadTrailer(request, messageIsWhole: true) };

        var result = await receiver.ReceiveAsync(
            new WantedUpload(context.Caller(), UploadProtocol.Put, name, contentType) { Size = length, Sha256 = sha256, Target = target },
            body, context.RequestAborted);
        meter.Put(result);
        if (!result.Ok)
            return Refusal.Of(result.Failure);

        if (context.Caller().Grant is not null)
            return JsonAnswer.Of(LinkFileView.Of(result.Value), ApiJson.Out.LinkFileView, FileViews.StatusOf(result.Value));
        context.Response.Headers.Location = PublicAddress.Of(request, FileViews.Url(result.Value.Id));
        return JsonAnswer.Of(views.Of(result.Value), ApiJson.Out.FileView, FileViews.StatusOf(result.Value));
    }

    /// <summary>A body shorter than the declared file is a part, regardless of other fields.</summary>
    private static Refusal? ReadLength(IHeaderDictionary headers, long? announced, long most, out long? length)
    {
        (var status, length) = UploadLength.Read(headers);
        if ((UploadLength.Fault(status) ?? UploadLength.Exceeds(length, announced, most)) is { } refusal)
            return refusal;
        return length is not null && announced is { } bytes && bytes != length
            ? Refusal.Of(UploadError.SizeMismatch,
                $"Upload-Length is {length} bytes but the body has {bytes}. Send Upload-Complete: ?0 if the body is a part of the file.")
            : null;
    }
}
