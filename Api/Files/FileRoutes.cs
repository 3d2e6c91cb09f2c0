using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Files;

/// <summary>Shared parts of the file endpoints.</summary>
internal static class FileRoutes
{
    public static IReadOnlyList<EndpointDoc.Parameter> Path { get; } =
        [new("id", "The file's id; the same as its session's.", Examples.Id, Required: true)];

    public static IReadOnlyList<UploadError> Always { get; } =
        [UploadError.NotFound, UploadError.NotCompleted, UploadError.Checking, UploadError.RefusedByCheck,
            UploadError.Deleted, UploadError.Cancelled, UploadError.Expired,
            UploadError.Failed, UploadError.LedgerUnavailable];
}
