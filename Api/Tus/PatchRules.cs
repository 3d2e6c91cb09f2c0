using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// The rules that are checked before a byte of a PATCH is read. A request with valid headers goes straight to the engine, which applies the
/// rules about the upload itself. Only for a request with an invalid header is the upload looked up first, so that the first broken rule
/// decides.
/// </summary>
internal static class PatchRules
{
    /// <summary>
    /// Returns the first broken rule of a request with an invalid header. The offset is not compared, because it changes while another
    /// request writes, and this request fails in any case.
    /// </summary>
    public static Refusal FirstBroken(PatchHeaders headers, Upload? upload) =>
        Of(TusUploadRules.Exists(upload))
        ?? Of(UploadRefusals.IfGone(upload!))
        ?? IsNotEncoded(headers)
        ?? HasTheType(headers)
        ?? HasOffset(headers)
        ?? LengthIsNumber(headers)
        ?? headers.Checksum.Fault()
        ?? throw new InvalidOperationException("The headers are in order.");

    /// <summary>The rules that the engine applies before and after it claims the upload.</summary>
    public static UploadFailure? OfUpload(Upload upload) => UploadRefusals.IfGone(upload) ?? TusUploadRules.IsNotFinal(upload);

    private static Refusal? IsNotEncoded(PatchHeaders headers) => headers.Encoded
        ? Refusal.Of(RequestError.MediaTypeNotSupported, "Send the bytes as they are, without Content-Encoding.")
        : null;

    private static Refusal? HasTheType(PatchHeaders headers) => headers.IsOffsetType
        ? null
        : Refusal.Of(RequestError.MediaTypeNotSupported, $"The Content-Type of a PATCH is {OffsetMediaType.Name}.");

    private static Refusal? HasOffset(PatchHeaders headers) => headers.OffsetStatus switch
    {
        FieldStatus.Found => null,
        FieldStatus.Absent => Refusal.Of(RequestError.InvalidOffset, "A PATCH says with Upload-Offset where its bytes begin."),
        _ => Refusal.Of(RequestError.InvalidOffset, "Upload-Offset is one whole number of bytes below 2^63, digits only."),
    };

    private static Refusal? LengthIsNumber(PatchHeaders headers) => headers.LengthStatus is FieldStatus.Absent or FieldStatus.Found
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Upload-Length is one whole number of bytes below 2^63, digits only.");

    private static Refusal? Of(UploadFailure? failure) => failure is null ? null : Refusal.Of(failure);
}
