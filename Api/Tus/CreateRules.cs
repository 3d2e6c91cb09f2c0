using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>The rules that are checked, in this order, before an upload is created. A request that breaks one creates nothing.</summary>
internal static class CreateRules
{
    /// <param name="bytes">Whether the request has a body with at least one byte.</param>
    /// <param name="announced">The number of bytes, if known.</param>
    /// <param name="most">The size of the largest upload.</param>
    public static Refusal? FirstBroken(CreateHeaders headers, bool bytes, long? announced, TusOptions options, long most) =>
        ConcatIsPossible(headers, options)
        ?? EchoesAreHeaders(headers)
        ?? FinalHasNoBody(headers, bytes)
        ?? IsNotEncoded(headers, bytes)
        ?? BodyHasTheType(headers, bytes, options)
        ?? ConcatIsKnown(headers)
        ?? PartsAreOurs(headers)
        ?? LengthIsNumber(headers)
        ?? DeferLengthIsOne(headers, options)
        ?? LengthIsSaidOnce(headers)
        ?? MetadataIsGood(headers)
        ?? TargetIsGood(headers)
        ?? headers.Checksum.Fault()
        // Check the limit before comparing the sizes, because the limit is more useful for the client.
        ?? Resumable.UploadLength.Exceeds(headers.Length, announced, most)
        ?? BodyFitsTheLength(headers, announced);

    // As an ordinary upload, its parts would be joined wrongly (T7).
    private static Refusal? ConcatIsPossible(CreateHeaders headers, TusOptions options) =>
        headers.ConcatStatus != FieldStatus.Absent && !options.Has(TusExtension.Concatenation)
            ? Refusal.Of(RequestError.ExtensionOff, "Concatenation is switched off; leave out Upload-Concat.")
            : null;

    // HEAD repeats these values (T34, T147). Non-ASCII and control characters cannot be sent in a response.
    private static Refusal? EchoesAreHeaders(CreateHeaders headers) => HeaderText.Is(headers.ConcatRaw)
        && HeaderText.Is(headers.Metadata?.Raw)
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Upload-Concat and Upload-Metadata may contain only visible ASCII characters and spaces.");

    private static Refusal? FinalHasNoBody(CreateHeaders headers, bool bytes) => headers.Concat == ConcatKind.Final && bytes
        ? Refusal.Of(RequestError.InvalidHeader, "A final upload has no bytes of its own: send no body.")
        : null;

    private static Refusal? IsNotEncoded(CreateHeaders headers, bool bytes) => bytes && headers.Encoded
        ? Refusal.Of(RequestError.MediaTypeNotSupported, "Send the bytes as they are, without Content-Encoding.")
        : null;

    private static Refusal? BodyHasTheType(CreateHeaders headers, bool bytes, TusOptions options)
    {
        if (!bytes || (headers.IsOffsetType && options.Has(TusExtension.CreationWithUpload)))
            return null;
        return Refusal.Of(RequestError.MediaTypeNotSupported, options.Has(TusExtension.CreationWithUpload)
            ? $"Bytes that come with the creation have the Content-Type {OffsetMediaType.Name}."
            : "No bytes can come with the creation: send them with PATCH.");
    }

    private static Refusal? ConcatIsKnown(CreateHeaders headers) => headers.ConcatStatus is FieldStatus.Absent or FieldStatus.Found
        ? null
        : Refusal.Of(RequestError.InvalidHeader,
            "Upload-Concat must be \"partial\", or \"final;\" and the addresses of partial uploads, separated by spaces.");

    private static Refusal? PartsAreOurs(CreateHeaders headers)
    {
        if (headers.Concat != ConcatKind.Final)
            return null;
        if (headers.ForeignPart is { } strange)
            return Refusal.Of(UploadError.PartsMismatch, $"{strange} is not the address of an upload of this service.");
        return headers.Parts.Count is 0 or > UploadJoiner.MaxParts
            ? Refusal.Of(UploadError.PartsMismatch, $"A final upload must name between 1 and {UploadJoiner.MaxParts} partial uploads.")
            : null;
    }

    private static Refusal? LengthIsNumber(CreateHeaders headers) => headers.LengthStatus is FieldStatus.Absent or FieldStatus.Found
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Upload-Length must be one whole number of bytes below 2^63, digits only.");

    private static Refusal? DeferLengthIsOne(CreateHeaders headers, TusOptions options)
    {
        if (headers.DeferStatus == FieldStatus.Absent)
            return null;
        if (!options.Has(TusExtension.CreationDeferLength))
            return Refusal.Of(RequestError.ExtensionOff, "Deferring the length is switched off; send Upload-Length.");
        return headers.DeferStatus == FieldStatus.Found ? null : Refusal.Of(RequestError.InvalidHeader, "Upload-Defer-Length must be 1.");
    }

    private static Refusal? LengthIsSaidOnce(CreateHeaders headers)
    {
        var said = (headers.Length is null ? 0 : 1) + (headers.DeferStatus == FieldStatus.Absent ? 0 : 1);
        if (headers.Concat == ConcatKind.Final)
        {
            return said == 0
                ? null
                : Refusal.Of(RequestError.InvalidHeader,
                    "The length of a final upload is the sum of its partial uploads: send neither Upload-Length nor Upload-Defer-Length.");
        }

        return said == 1 ? null : Refusal.Of(RequestError.InvalidHeader, "Send exactly one of Upload-Length and Upload-Defer-Length: 1.");
    }

    private static Refusal? MetadataIsGood(CreateHeaders headers) => headers.MetadataStatus is FieldStatus.Absent or FieldStatus.Found
        ? null
        : Refusal.Of(RequestError.InvalidHeader, headers.MetadataFault);

    private static Refusal? BodyFitsTheLength(CreateHeaders headers, long? announced) => announced > headers.Length
        ? Refusal.Of(UploadError.BeyondSize, $"The body has {announced} bytes but Upload-Length is only {headers.Length}.")
        : null;

    private static Refusal? TargetIsGood(CreateHeaders headers)
    {
        FileMetadata.TargetOf(headers.Metadata, out var fault);
        return fault is null ? null : Refusal.Of(RequestError.InvalidPath, fault);
    }
}
