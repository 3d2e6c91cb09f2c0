using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>POST /api/tree/{folder}?unpack=tar: publishes the members of a tar archive in a folder.</summary>
internal static class UnpackTar
{
    public const string Parameter = "unpack";

    public static void Map(IEndpointRouteBuilder routes) => TreeRoutes.Map(
        TreeRoutes.Entry, at => routes.MapPost(at, HandleAsync), AccessPolicy.Upload, Doc);

    /// <summary>Returns whether a request to a reserved address, such as /api/tree/check, means the folder of that name.</summary>
    public static bool IsAskedFor(HttpContext context) => context.Request.Query.ContainsKey(Parameter);

    private static Task<IResult> HandleAsync(HttpContext context, TarReceiver receiver) => receiver.ReceiveAsync(context);

    private static EndpointDoc Doc => new(
        "Tree", nameof(UnpackTar), "Unpack a tar archive into a folder",
        """
        Takes a tar stream (ustar, pax, GNU) and publishes each member as it arrives, with its time and mode. The answer has a line for each
        member, in the order in which they are done, and a last line with the sums; `complete` there says whether the archive was read to
        its end. Read the lines while you send, or afterwards: beyond 1 MiB of unread lines only failures are kept, and the sums. After a
        break, send the same archive again: members whose content is there already are left as they are.

        Records of a pax header declare what a request for the file alone would in headers: `CHUNKUPLOAD.type` its media type (else
        application/octet-stream), `CHUNKUPLOAD.sha256` its SHA-256 in hexadecimal digits, which must be that of the bytes.

            tar -C pictures -cf - . | curl -T - -X POST -H "Authorization: Bearer $KEY" \
              "http://127.0.0.1:8080/api/tree/pictures?unpack=tar&parents=true"
        """)
    {
        Query =
        [
            new(Parameter, "tar", "tar", Required: true),
            new(
                "conflict",
                "If a file's name is taken: replace (default), rename or fail. Content that is there already is skipped, except with fail.",
                "replace"),
            new("parents", "true: the folder is made if it is missing.", "true"),
        ],
        CreatesUpload = true,
        Bytes = "A tar archive, not compressed.",
        BytesType = "application/x-tar",
        Answers =
        [
            new(200, "A line of JSON for each member, and a last one with the sums.", typeof(MemberLine), Examples.MemberLine)
            {
                MediaType = UnpackAnswer.MediaType,
            },
        ],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.QuotaExceeded, RequestError.InvalidPath,
            RequestError.MediaTypeNotSupported, RequestError.MalformedTar,
        ],
    };
}
