using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>The endpoints of tus and what they share.</summary>
internal static class TusRoutes
{
    public const string Root = "/files";
    public const string Upload = "/files/{id}";
    public const string Tag = "tus";

    /// <summary>The protocol's name in metrics.</summary>
    public const string Metric = "tus";

    public static EndpointDoc.Parameter Version { get; } = new(TusHeaders.TusResumable, "The version.", TusHeaders.Version, Required: true);

    /// <summary>An extension that is off has no endpoint: routing answers 405 with the permitted methods (T7, T14).</summary>
    public static void Map(WebApplication app)
    {
        var options = app.Services.GetRequiredService<TusOptions>();
        DescribeTus.Map(app);
        if (options.Has(TusExtension.Creation))
            CreateUpload.Map(app);
        HeadUpload.Map(app);
        PatchUpload.Map(app);
        if (options.Has(TusExtension.Termination))
            DeleteUpload.Map(app);
        DownloadUpload.Map(app);
    }

    public static string PathOf(UploadId id) => $"{Root}/{id}";
}
