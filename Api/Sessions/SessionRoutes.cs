using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Shared parts of the session endpoints.</summary>
internal static class SessionRoutes
{
    public static Refusal InvalidOffset { get; } =
        Refusal.Of(RequestError.InvalidOffset,
            "The offset must be a whole number of bytes from 0 to 2^63-1, without a sign or leading zeros.");

    public static string Location(UploadId id) => $"/api/sessions/{id}";
}
