using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable.Digests;

/// <summary>
/// The declared digests of a request: of the whole file and of this message. If a message contains the whole file, both are the same; its
/// SHA-256 is then used as that of the file, so that the bytes of an interrupted request are kept and the digest is compared at the end
/// (R105).
/// </summary>
internal readonly struct RequestDigests
{
    private readonly BodyDigests _ofMessage;
    private readonly bool _inTrailer;
    private readonly bool _wholeInTrailer;

    private RequestDigests(Refusal? fault, Sha256Digest? whole, BodyDigests ofMessage, bool inTrailer, bool wholeInTrailer) =>
        (Fault, Whole, _ofMessage, _inTrailer, _wholeInTrailer) = (fault, whole, ofMessage, inTrailer, wholeInTrailer);

    public Refusal? Fault { get; }

    /// <summary>The file's SHA-256.</summary>
    public Sha256Digest? Whole { get; }

    public static RequestDigests Read(HttpRequest request, bool messageIsWhole)
    {
        var ofContent = BodyDigestField.Read(request.Headers[BodyDigestField.Name], out var content);
        var ofFile = DigestField.Read(request.Headers[DigestHeaders.ReprDigest], out var file);
        if (ofContent == FieldStatus.Malformed)
            return HasFault(RequestError.MalformedDigest, "Content-Digest must be a dictionary like sha-256=:base64:.");
        if (ofFile == FieldStatus.Malformed)
            return HasFault(RequestError.MalformedDigest, "Repr-Digest must be a dictionary like sha-256=:base64:.");
        if (ofContent == FieldStatus.Contradictory || ofFile == FieldStatus.Contradictory)
            return HasFault(RequestError.DigestConflict, "The request carries two different digests of one algorithm for the same bytes.");

        Sha256Digest? whole = ofFile == FieldStatus.Found ? file : null;
        // Any digest other than SHA-256 can be verified only within one request.
        if (messageIsWhole && content is { Sha256: { } sha256, Sha512: null })
        {
            var same = new Sha256Digest(sha256);
            if (whole is { } other && other != same)
                return HasFault(RequestError.DigestConflict,
                    "Content-Digest and Repr-Digest differ, and the request says that it brings the whole file.");
            return new(null, same, default, false, false);
        }

        var announced = ofContent == FieldStatus.Absent && Announces(request);
        return new(null, whole, content, announced && !messageIsWhole, announced && messageIsWhole && whole is null);
    }

    /// <summary>
    /// Starts the verification; returns null if no digest of this message is declared. Dispose the result after the request.
    /// </summary>
    public BodyDigest? Start(HttpRequest request)
    {
        if (_ofMessage.Any)
            return BodyDigest.OfHeader(request, _ofMessage);
        return _inTrailer ? BodyDigest.OfTrailer(request) : null;
    }

    public Func<Sha256Digest?>? TrailerOfWhole(HttpRequest request) =>
        _wholeInTrailer ? () => DigestHeaders.ReadTrailer(request, messageIsWhole: true) : null;

    private static bool Announces(HttpRequest request)
    {
        foreach (var line in request.Headers.Trailer)
        {
            var names = line.AsSpan();
            foreach (var part in names.Split(','))
            {
                if (names[part].Trim(" \t").Equals(BodyDigestField.Name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }

    private static RequestDigests HasFault(RequestError error, string sentence) =>
        new(Refusal.Of(error, sentence), null, default, false, false);
}
