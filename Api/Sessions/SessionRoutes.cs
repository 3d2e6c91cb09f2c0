using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Shared parts of the session endpoints.</summary>
internal static class SessionRoutes
{
    public static Refusal InvalidOffset { get; } =
        Refusal.Of(RequestError.InvalidOffset,
            "The offset must be a whole number of bytes from 0 to 2^63-1, without a sign or leading zeros.");

    public static EndpointDoc.Parameter Id { get; } = new("id", "The session's id.", Examples.Id, Required: true);

    public static IReadOnlyList<EndpointDoc.Parameter> SessionPath { get; } = [Id];

    public static IReadOnlyList<EndpointDoc.Parameter> ChunkPath { get; } =
        [Id, new("offset", "Where the chunk begins in the file, in bytes.", "0", Required: true) { IsNumber = true }];

    public static IReadOnlyList<UploadError> Always { get; } = [UploadError.NotFound, UploadError.LedgerUnavailable];

    public static string Location(UploadId id) => $"/api/sessions/{id}";
}
