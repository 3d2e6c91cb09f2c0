using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Sessions;

/// <summary>
/// Parses the headers of a chunk (E21): 1. the position and the coding of the bytes; 2. their digests, which must agree; 3. or that
/// the digest follows in the trailer. Does not read the body, so a client that waits for 100 Continue sends no byte in vain.
/// </summary>
internal static class ChunkHeaders
{
    public static Refusal? Read(
        HttpRequest http, Caller caller, UploadId upload, long offset, out ChunkRequest chunk, out UploadBody body,
        out ChunkCoding? coding)
    {
        chunk = null!;
        body = RequestBody.Of(http.HttpContext, http.ContentLength);
        if (ChunkCoding.Read(http, out coding) is { } unknown)
            return unknown;

        var from = offset;
        var length = coding is null ? http.ContentLength : null;
        var ranged = ContentRangeField.Read(http.Headers.ContentRange, out var range);
        if (ranged is FieldStatus.Malformed or FieldStatus.Contradictory)
            return Refusal.Of(RequestError.InvalidHeader,
                "Content-Range must have the form bytes FIRST-LAST/*, with the file's size or an asterisk at the end.");
        if (ranged == FieldStatus.Found)
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

        if (coding is not null)
        {
            if (ranged != FieldStatus.Found)
                return Refusal.Of(RequestError.InvalidHeader,
                    "A chunk with Content-Encoding needs Content-Range: bytes FIRST-LAST/*, which says to which bytes it decodes.");
            if (http.Headers.ContainsKey(DigestHeaders.ContentDigest) || http.Headers.ContainsKey(DigestHeaders.ReprDigest)
                || !http.Headers.ContainsKey(HexDigestField.Name))
                return Refusal.Of(RequestError.InvalidHeader,
                    $"A chunk with Content-Encoding needs the SHA-256 of the decoded chunk as {HexDigestField.Name}, and no other digest.");
            body = coding.Decode(http, range.Length);
        }

        // 2. The digests of the whole chunk and of this message; they are the same when the message is the whole chunk.
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
            FileSize = ranged == FieldStatus.Found ? range.Total : null,
        };
        return null;
    }
}
