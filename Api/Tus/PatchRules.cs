using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// What must hold before a byte of a PATCH is read. A request whose headers are in order goes straight to the engine, which asks the
/// rules about the upload itself; only when a header is at fault is the upload looked up first, so that the first rule of the order wins.
/// </summary>
internal static class PatchRules
{
    /// <summary>
    /// The first broken rule of a request with a faulty header. Its offset is not looked at: it moves while somebody writes, and the request
    /// fails wherever it stands.
    /// </summary>
    public static Refusal FirstBroken(PatchHeaders headers, Upload? upload) =>
        Of(UploadRule.Exists(upload))
        ?? Of(UploadRefusals.IfGone(upload!))
        ?? IsNotEncoded(headers)
        ?? HasTheType(headers)
        ?? HasOffset(headers)
        ?? LengthIsNumber(headers)
        ?? headers.Checksum.Fault()
        ?? throw new InvalidOperationException("The headers are in order.");

    /// <summary>What the engine asks before it takes the upload, and again when it has it.</summary>
    public static UploadFailure? OfUpload(Upload upload) => UploadRefusals.IfGone(upload) ?? UploadRule.IsNotFinal(upload);

    private static Refusal? IsNotEncoded(PatchHeaders headers) => headers.Encoded
        ? Refusal.Of(RequestError.MediaTypeNotSupported, "Send the bytes as they are, without Content-Encoding.")
        : null;

    private static Refusal? HasTheType(PatchHeaders headers) => headers.IsOffsetType
        ? null
        : Refusal.Of(RequestError.MediaTypeNotSupported, $"The Content-Type of a PATCH is {OffsetMediaType.Name}.");

    private static Refusal? HasOffset(PatchHeaders headers) => headers.OffsetReading switch
    {
        Reading.Found => null,
        Reading.Absent => Refusal.Of(RequestError.InvalidOffset, "A PATCH says with Upload-Offset where its bytes begin."),
        _ => Refusal.Of(RequestError.InvalidOffset, "Upload-Offset is one whole number of bytes below 2^63, digits only."),
    };

    private static Refusal? LengthIsNumber(PatchHeaders headers) => headers.LengthReading is Reading.Absent or Reading.Found
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Upload-Length is one whole number of bytes below 2^63, digits only.");

    private static Refusal? Of(UploadFailure? failure) => failure is null ? null : Refusal.Of(failure);
}
