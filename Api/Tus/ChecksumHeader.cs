using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tus.Checksums;
using ChunkUpload.Api.Tus.Wire;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Tus;

/// <summary>The declared checksum of the body: in the header, in the trailer, none, or invalid.</summary>
internal readonly struct ChecksumHeader
{
    private readonly ChecksumReading _reading;
    private readonly ChecksumField _declared;
    private readonly bool _inTrailer;

    private ChecksumHeader(ChecksumReading reading, ChecksumField declared, bool inTrailer) =>
        (_reading, _declared, _inTrailer) = (reading, declared, inTrailer);

    public static ChecksumHeader Read(HttpRequest request, TusOptions options)
    {
        // When the extension is off, the header is ignored (T7).
        if (!options.Has(TusExtension.Checksum))
            return new(ChecksumReading.Absent, default, false);
        var reading = ChecksumField.Read(request.Headers[TusHeaders.UploadChecksum], out var declared);
        var inTrailer = options.Has(TusExtension.ChecksumTrailer)
            && TrailerField.Announces(request.Headers[HeaderNames.Trailer], TusHeaders.UploadChecksum);
        return new(reading, declared, inTrailer);
    }

    public bool IsFaulty => _reading is not (ChecksumReading.Absent or ChecksumReading.Found)
        || (_reading == ChecksumReading.Found && _inTrailer);

    public Refusal? Fault() => _reading switch
    {
        ChecksumReading.UnknownAlgorithm => Refusal.Of(RequestError.UnknownAlgorithm,
            $"Upload-Checksum must name one of {ChecksumAlgorithms.List}, in lower case."),
        ChecksumReading.Malformed => Refusal.Of(RequestError.InvalidHeader,
            "Upload-Checksum must be the name of an algorithm, a space and the digest in base64."),
        ChecksumReading.Contradictory => Refusal.Of(RequestError.InvalidHeader, "Send Upload-Checksum only once."),
        ChecksumReading.Found when _inTrailer => Refusal.Of(RequestError.InvalidHeader,
            "Send Upload-Checksum either as a header or as a trailer, not as both."),
        _ => null,
    };

    /// <summary>Starts the checksum; returns null if the client declared none. Dispose the result after the request.</summary>
    public IBodyChecksum? Start(HttpRequest request)
    {
        if (_reading == ChecksumReading.Found)
            return new HeaderChecksum(_declared, request);
        return _inTrailer ? new TrailerChecksum(request) : null;
    }
}
