using System.Globalization;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tus.Checksums;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// Handles OPTIONS /files and /files/{id}: announces version, extensions and limits, also to clients without a key (T22).
/// </summary>
internal static class DescribeTus
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(TusRoutes.Root, [HttpMethods.Options], Handle).Document(Doc(nameof(DescribeTus))).AllowAnonymous()
            .ReachedByLink(ShareLinkKind.Upload);
        routes.MapMethods(TusRoutes.Upload, [HttpMethods.Options], Handle).Document(Doc("DescribeTusUpload"))
            .AllowAnonymous().ReachedByLink(ShareLinkKind.Upload);
    }

    /// <summary>Runs for every OPTIONS under /files, also for a preflight that never reaches an endpoint (T23).</summary>
    /// <param name="largest">The largest upload of the caller.</param>
    public static void Write(IHeaderDictionary headers, TusOptions options, long largest)
    {
        headers[TusHeaders.TusVersion] = TusHeaders.Version;
        headers[TusHeaders.TusMaxSize] = largest.ToString(CultureInfo.InvariantCulture);
        if (options.Extensions.Length > 0)
            headers[TusHeaders.TusExtension] = string.Join(',', TusExtension.All.Where(options.Has));
        if (options.Has(TusExtension.Checksum))
            headers[TusHeaders.TusChecksumAlgorithm] = ChecksumAlgorithms.List;
    }

    // 200 and not 204: some clients and the public conformance suite require it (T20).
    private static StatusCodeHttpResult Handle(HttpContext context, Admission admission, LimitHeader limits)
    {
        if (context.Features.Get<Caller>() is { } caller)
        {
            context.Response.Headers[TusHeaders.TusMaxSize] = admission.LargestUpload(caller).ToString(CultureInfo.InvariantCulture);
            limits.Write(context.Response.Headers, Resumable.Wire.Dialect.Unnamed, null, caller);
        }

        return TypedResults.StatusCode(StatusCodes.Status200OK);
    }

    private static EndpointDoc Doc(string name) => new(
        TusRoutes.Tag, name, "Ask which version and extensions of tus are supported",
            "Version, extensions, checksum algorithms and the largest upload. Needs no key and no Tus-Resumable.")
    {
        Answers =
        [
            new(200, "In the headers.")
            {
                Headers =
                [
                    new(TusHeaders.TusVersion, "The version.", TusHeaders.Version),
                    new(TusHeaders.TusExtension, "The extensions that are on.", string.Join(',', new TusOptions().Extensions)),
                    new(TusHeaders.TusMaxSize, "The largest upload in bytes; with a key, the largest of its caller.", "1099511627776"),
                    new(TusHeaders.TusChecksumAlgorithm, "What Upload-Checksum may name.", ChecksumAlgorithms.List),
                    new(ResumableHeaders.UploadLimit, "The limits of resumable uploads at /uploads.",
                        "max-size=1099511627776, min-size=0, max-age=86400"),
                ],
            },
        ],
    };
}
