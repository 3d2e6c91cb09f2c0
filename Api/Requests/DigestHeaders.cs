using ChunkUpload.Api.Errors;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Requests;

/// <summary>
/// Reads the three headers with a SHA-256 (E21): <c>Content-Digest</c> covers this message, <c>Repr-Digest</c> and <c>X-Chunk-SHA256</c>
/// the whole resource.
/// </summary>
internal static class DigestHeaders
{
    public const string ContentDigest = ServiceHeaders.ContentDigest;
    public const string ReprDigest = ServiceHeaders.ReprDigest;

    /// <param name="messageIsWhole">Whether the message is the whole resource, so that Content-Digest also covers the resource.</param>
    /// <param name="message">The digest of this message only.</param>
    public static Refusal? Read(IHeaderDictionary headers, bool messageIsWhole, out Sha256Digest? whole, out Sha256Digest? message)
    {
        (whole, message) = (null, null);
        var contradictory = false;
        var inHex = HexDigestField.Read(headers[HexDigestField.Name], out var hex);
        if (inHex == FieldStatus.Malformed)
            return Refusal.Of(RequestError.MalformedDigest, $"{HexDigestField.Name} must be the 64 hexadecimal digits of a SHA-256.");
        var ofRepresentation = DigestField.Read(headers[ReprDigest], out var representation);
        if (ofRepresentation == FieldStatus.Malformed)
            return Malformed(ReprDigest);
        var ofContent = DigestField.Read(headers[ContentDigest], out var content);
        if (ofContent == FieldStatus.Malformed)
            return Malformed(ContentDigest);

        contradictory |= inHex == FieldStatus.Contradictory || ofRepresentation == FieldStatus.Contradictory
            || ofContent == FieldStatus.Contradictory;
        if (inHex == FieldStatus.Found)
            whole = hex;
        if (ofRepresentation == FieldStatus.Found)
            contradictory |= !Agree(ref whole, representation);
        if (ofContent == FieldStatus.Found && messageIsWhole)
            contradictory |= !Agree(ref whole, content);
        else if (ofContent == FieldStatus.Found)
            message = content;
        return contradictory
            ? Refusal.Of(RequestError.DigestConflict, "The request carries two different SHA-256 for the same bytes.")
            : null;
    }

    /// <summary>Returns whether a trailer with the digest of the whole may follow the body.</summary>
    public static bool AnnouncesTrailer(HttpRequest request, bool messageIsWhole)
    {
        // In HTTP/1.1 only a chunked body has trailers.
        if (request.ContentLength is not null && !HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
            return false;
        foreach (var line in request.Headers[HeaderNames.Trailer])
        {
            var names = line.AsSpan();
            foreach (var part in names.Split(','))
            {
                var name = names[part].Trim(" \t");
                if (name.Equals(HexDigestField.Name, StringComparison.OrdinalIgnoreCase)
                    || name.Equals(ReprDigest, StringComparison.OrdinalIgnoreCase)
                    || (messageIsWhole && name.Equals(ContentDigest, StringComparison.OrdinalIgnoreCase)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Reads the trailer after the body's last byte; returns null if there is no trailer, or an invalid one.</summary>
    public static Sha256Digest? ReadTrailer(HttpRequest request, bool messageIsWhole)
    {
        if (!request.CheckTrailersAvailable())
            return null;
        Sha256Digest? whole = null;
        var good = Take(HexDigestField.Read(request.GetTrailer(HexDigestField.Name), out var hex), hex, ref whole)
            && Take(DigestField.Read(request.GetTrailer(ReprDigest), out var representation), representation, ref whole)
            && (!messageIsWhole || Take(DigestField.Read(request.GetTrailer(ContentDigest), out var content), content, ref whole));
        return good ? whole : null;
    }

    /// <summary>Refuses content codings: the bytes would be stored as gzip under the name of the decoded file.</summary>
    public static Refusal? RefuseCoding(HttpRequest request)
    {
        foreach (var line in request.Headers.ContentEncoding)
        {
            if (!string.Equals(line?.Trim(), "identity", StringComparison.OrdinalIgnoreCase))
                return Refusal.Of(RequestError.MediaTypeNotSupported, "Send the bytes as they are, without Content-Encoding.");
        }

        return null;
    }

    public static string HowToSend(bool continues) => continues
        ? $"Send the whole chunk's SHA-256 as {HexDigestField.Name} (hexadecimal) or {ReprDigest}: sha-256=:base64:, as a header or as "
            + $"an announced trailer."
        : $"Send the chunk's SHA-256 as {ContentDigest}: sha-256=:base64: or as {HexDigestField.Name} (hexadecimal), as a header or as "
            + $"an announced trailer.";

    private static bool Take(FieldStatus reading, Sha256Digest found, ref Sha256Digest? known) => reading switch
    {
        FieldStatus.Absent => true,
        FieldStatus.Found => Agree(ref known, found),
        _ => false,
    };

    private static bool Agree(ref Sha256Digest? known, Sha256Digest other)
    {
        if (known is { } before && before != other)
            return false;
        known = other;
        return true;
    }

    private static Refusal Malformed(string header) =>
        Refusal.Of(RequestError.MalformedDigest, $"{header} must be a dictionary like sha-256=:base64: with the 32 bytes of a SHA-256.");
}
