using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tree;

namespace ChunkUpload.Api.Resumable;

/// <summary>The rules that are checked, in this order, before an upload is created. A request that breaks one creates nothing.</summary>
internal static class CreateRules
{
    /// <param name="most">The size of the largest upload.</param>
    public static Refusal? FirstBroken(CreateHeaders headers, ResumableOptions options, long most) =>
        OffsetIsNotSent(headers)
        ?? UploadLength.Fault(headers.LengthStatus)
        // Check the limit before comparing the sizes, because the limit is more useful for the client.
        ?? UploadLength.Exceeds(headers.Length, headers.Announced, most)
        ?? LengthAgrees(headers)
        ?? IsNotTooSmall(headers, options)
        ?? PartIsNotTooLarge(headers, options)
        ?? PartIsNotTooSmall(headers, options)
        ?? TypeIsGood(headers)
        ?? CodingIsGood(headers)
        ?? MetadataIsGood(headers)
        ?? TargetIsGood(headers)
        ?? headers.Digests.Fault;

    /// <summary>Returns whether the file is, or may be, too small to be resumable; a whole one is then an ordinary upload (R28).</summary>
    public static bool IsOrdinary(CreateHeaders headers, ResumableOptions options) =>
        headers.Complete && options.MinSize > 0 && !(headers.Size >= options.MinSize);

    private static Refusal? OffsetIsNotSent(CreateHeaders headers) => headers.HasOffset && headers.Dialect.RefusesFieldsOnDelete
        ? Refusal.Of(RequestError.InvalidHeader, "A request that creates an upload must not have Upload-Offset; leave it out.")
        : null;

    private static Refusal? LengthAgrees(CreateHeaders headers)
    {
        if (headers.Length is not { } length || headers.Announced is not { } announced)
            return null;
        if (announced > length || (headers.Complete && announced != length))
            return Refusal.Of(UploadError.SizeMismatch,
                $"Upload-Length says {length} bytes, the request brings "
                    + $"{announced}{(headers.Complete ? " and says that they are all" : "")}.");
        return null;
    }

    private static Refusal? IsNotTooSmall(CreateHeaders headers, ResumableOptions options) =>
        options.MinSize > 0 && !headers.Complete && headers.Length < options.MinSize
            ? Refusal.Of(RequestError.TooSmall,
                $"Send files of less than {options.MinSize} bytes in one request, with Upload-Complete: ?1.")
            : null;

    private static Refusal? PartIsNotTooLarge(CreateHeaders headers, ResumableOptions options) =>
        headers.Dialect.LimitsCreation && headers.Announced > options.MaxAppendSize
            ? Refusal.Of(UploadError.TooLarge,
                $"One request may carry at most {options.MaxAppendSize} bytes; split the upload into several.")
            : null;

    private static Refusal? PartIsNotTooSmall(CreateHeaders headers, ResumableOptions options) =>
        headers.Dialect.LimitsCreation && !headers.Complete && headers.Announced > 0 && headers.Announced < options.MinAppendSize
            ? Refusal.Of(RequestError.TooSmall,
                $"A request that is not the last one must carry at least {options.MinAppendSize} bytes, or none when it creates the "
                    + $"upload.")
            : null;

    private static Refusal? TypeIsGood(CreateHeaders headers) => MediaTypeRule.Allows(headers.ContentType)
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Content-Type must be a media type such as video/mp4, of at most 255 characters.");

    private static Refusal? CodingIsGood(CreateHeaders headers) => headers.CodingIsGood
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Content-Encoding must be a list of coding names of at most 100 characters.");

    private static Refusal? MetadataIsGood(CreateHeaders headers) => headers.MetadataStatus is FieldStatus.Absent or FieldStatus.Found
        ? null
        : Refusal.Of(RequestError.InvalidHeader, headers.MetadataFault);

    private static Refusal? TargetIsGood(CreateHeaders headers)
    {
        FileMetadata.TargetOf(headers.Metadata, out var fault);
        return fault is null ? null : Refusal.Of(RequestError.InvalidPath, fault);
    }
}
