using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>
/// What the headers of a chunk say (E21): 1. where the bytes lie; 2. their digests, which must agree; 3. or that the digest comes behind
/// them, in the trailer. Nothing of the body is read for it, so a client that waits for 100-continue sends no byte in vain.
/// </summary>
internal static class ChunkHeaders
{
    public static Refusal? Read(
        HttpRequest http, Caller caller, UploadId upload, long offset, out ChunkRequest chunk, out UploadBody body)
    {
        chunk = null!;
        body = BodyArrival.Body(http.HttpContext, http.ContentLength);
        if (DigestHeaders.RefuseCoding(http) is { } coded)
            return coded;

        // 1. Where.
        var from = offset;
        var length = http.ContentLength;
        var ranged = ContentRangeField.Read(http.Headers.ContentRange, out var range);
        if (ranged is Reading.Malformed or Reading.Contradictory)
            return Refusal.Of(RequestError.InvalidHeader,
                "Content-Range must have the form bytes FIRST-LAST/*, with the file's size or an asterisk at the end.");
        if (ranged == Reading.Found)
        {
            if (range.First < offset)
                return Refusal.Of(RequestError.InvalidHeader,
                    $"Content-Range begins at {range.First}, before the chunk's offset {offset}; it must lie inside the chunk.");
            if (length is { } announced && announced != range.Length)
                return Refusal.Of(UploadError.LengthMismatch,
                    $"Content-Range covers {range.Length} bytes but Content-Length is {announced}; send the same number in both.");
            from = range.First;
            length = range.Last + 1 - offset;
        }

        // 2. The digests: of the whole chunk, and of this message, which are the same when the message is the whole chunk.
        if (DigestHeaders.Read(http.Headers, messageIsWhole: from == offset, out var whole, out var message) is { } refusal)
            return refusal;

        // 3. In the trailer.
        if (whole is null)
        {
            if (!DigestHeaders.AnnouncesTrailer(http, messageIsWhole: from == offset))
                return Refusal.Of(UploadError.DigestMissing, DigestHeaders.HowToSend(continues: from > offset));
            body = body with { TrailerDigest = () => DigestHeaders.ReadTrailer(http, messageIsWhole: from == offset) };
        }

        chunk = new ChunkRequest(caller, upload, offset, from, length, whole, message)
        {
            FileSize = ranged == Reading.Found ? range.Total : null,
        };
        return null;
    }
}
