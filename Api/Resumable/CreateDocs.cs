using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Resumable;

/// <summary>The contract's documentation of the three ways to create an upload.</summary>
internal static class CreateDocs
{
    public static EndpointDoc Of(string name, bool named) => new(
        ResumableRoutes.Tag, name, named ? "Upload a file under a name" : "Upload a file",
        """
        With `Upload-Complete: ?1` and the whole file, or with `?0` and its first bytes or none. The upload's address comes at once in a
        104 interim response (HTTP/1.1, with an interop version), or in the answer to `?0`. Without any of the draft's fields it is an
        ordinary upload, of which a break leaves nothing.
        """)
    {
        CreatesUpload = true,
        Bytes = "The file's bytes, or the first of them.",
        BytesRequired = false,
        Headers =
        [
            ResumableRoutes.Version,
            ResumableRoutes.Complete,
            new(ResumableHeaders.UploadLength, "Bytes of the whole file.", "20971520"),
            new("Content-Disposition", "The file's name, where the address has none.", "inline; filename=\"holiday.mp4\""),
            new(ResumableHeaders.UploadMetadata, "As in tus, where neither the address nor Content-Disposition names the file; with an "
                + "interop version.", "filename aG9saWRheS5tcDQ="),
            new(DigestHeaders.ContentDigest, "SHA-256 or SHA-512 of this request's bytes (RFC 9530).", Examples.Digest),
            new(DigestHeaders.ReprDigest, "SHA-256 of the whole file.", Examples.Digest),
            new(ResumableHeaders.WantReprDigest, "sha-256=10: the last answer is to have Repr-Digest.", "sha-256=10"),
        ],
        Answers =
        [
            new(201, "With ?1 or nothing: the file. With ?0: no body, and the upload's address.", typeof(FileView), Examples.File)
            {
                Headers =
                [
                    new("Location", "With ?0: the upload's address. Otherwise the file's; versions 3 to 7: the upload's.",
                        $"http://127.0.0.1:8080/uploads/{Examples.Id}"),
                    new(ResumableHeaders.UploadOffset, "The number of durable bytes.", "0"),
                    new(ResumableHeaders.UploadComplete, "Whether the file is complete.", "?0"),
                    new(ResumableHeaders.UploadLimit, "With ?0: the limits.", "max-size=1099511627776, min-size=0, max-age=86400"),
                    AdviceHeader.Doc,
                ],
            },
        ],
        Protocol = UploadProtocol.Ietf,
        Errors =
        [
            .. ErrorsOf.Admission, .. ErrorsOf.Digests, UploadError.NameTaken, UploadError.NotFolder, UploadError.NotFile,
            UploadError.SizeMismatch, UploadError.BeyondSize, UploadError.TypeMismatch, UploadError.ChecksumMismatch,
            UploadError.ChecksumMissing, UploadError.FileDigestMismatch, UploadError.Interrupted, UploadError.MalformedBody,
            UploadError.IdleTimeout, UploadError.StorageFailed, UploadError.Stopping, RequestError.InvalidName, RequestError.InvalidPath,
            RequestError.TooSmall,
        ],
    };
}
