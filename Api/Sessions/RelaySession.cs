using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Creates a session that relays a file that a member of a project has requested. The device that has the file sends it.</summary>
internal static class RelaySession
{
    /// <returns>The upload, which an earlier request of this attempt may have created; or the refusal.</returns>
    public static async Task<(Result<CreatedUpload>? Upload, Refusal? Refusal)> MakeAsync(
        HttpContext context, RelayMaker relays, NewSessionBody body)
    {
        _ = Guid.TryParse(body.TransferId, out var transfer);
        var claim = Guid.TryParse(body.Claim, out var parsed) ? parsed : Guid.Empty;
        Sha256Digest? sha256 = Sha256Digest.TryParseHex(body.Sha256, out var digest) ? digest : null;
        var (upload, outcome) = await relays.MakeAsync(
            context.Caller(), transfer, claim, body.Size, sha256, context.RequestAborted);
        return (upload, FileTransferRefusals.Of(outcome));
    }

    /// <returns>The fault of a body that names a transfer; <c>null</c> for a valid one.</returns>
    public static string? Fault(NewSessionBody body)
    {
        if (body.TransferId is null)
            return body.Claim is null ? null : "claim needs a transferId.";
        if (!Guid.TryParse(body.TransferId, out _) || (body.Claim is not null && !Guid.TryParse(body.Claim, out _)))
            return "transferId and claim must be ids.";
        return (body.Path ?? body.Space ?? body.ModifiedAt ?? body.Mode ?? body.Conflict) is null && body.Metadata is null or { Count: 0 }
            ? null
            : "What is sent for a transfer has no path, space, modifiedAt, mode, conflict or metadata.";
    }
}
