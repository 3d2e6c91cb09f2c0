using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>The endpoints of resumable uploads and what they share.</summary>
internal static class ResumableRoutes
{
    public const string Root = "/uploads";
    public const string Upload = "/uploads/{id}";
    public const string Named = "/uploads/{**name}";
    public const string Tag = "Resumable uploads (IETF)";

    /// <summary>The protocol's name in metrics.</summary>
    public const string Metric = "ietf";

    public static EndpointDoc.Parameter Version { get; } =
        new(ResumableHeaders.InteropVersion,
            "The version of the draft, 3 to 9; without it the newest text holds and there are no interim responses.", "8");

    public static EndpointDoc.Parameter Complete { get; } =
        new(ResumableHeaders.UploadComplete,
            "?1: the request brings the last bytes; ?0: more will follow. (Version 3: Upload-Incomplete, the other way round.)", "?1");

    public static void Map(IEndpointRouteBuilder routes)
    {
        DescribeLimits.Map(routes);
        CreateUpload.Map(routes);
        HeadUpload.Map(routes);
        PatchUpload.Map(routes);
        DeleteUpload.Map(routes);
    }

    public static string PathOf(UploadId id) => $"{Root}/{id}";
}
