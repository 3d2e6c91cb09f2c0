using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Events;

/// <summary>What a caller may listen to: own uploads and spaces, an upload that he sees; admins their tenant, operators all.</summary>
internal sealed class EventTopics(IUploadQueryLedger uploads, FileTree tree)
{
    public const int MostUploads = 1000;

    /// <summary>The keys of a scope; null if the caller may not listen to it.</summary>
    public async Task<IReadOnlyList<string>?> OfScopeAsync(Caller caller, string scope, CancellationToken cancellationToken)
    {
        switch (scope)
        {
            case "own":
                var spaces = await tree.SpacesAsync(caller, cancellationToken);
                return [EventListener.OwnKey(caller.Tenant, caller.Subject),
                    .. spaces.Select(space => EventListener.SpaceKey(space.Id.ToString()))];
            case "tenant":
                return caller.SeesAll ? [EventListener.TenantKey(caller.Tenant)] : null;
            case "all":
                return caller.Scopes.HasFlag(Scopes.Operate) ? [EventListener.AllKey] : null;
            default:
                return null;
        }
    }

    /// <summary>The keys of uploads; null if one of them is not there for the caller.</summary>
    public async Task<IReadOnlyList<string>?> OfUploadsAsync(
        Caller caller, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var parsed = new HashSet<UploadId>();
        foreach (var text in ids)
        {
            if (!UploadId.TryParse(text, out var id))
                return null;
            parsed.Add(id);
        }

        var found = await uploads.FindAllAsync(caller, parsed, cancellationToken);
        return found.Count == parsed.Count ? [.. found.Select(upload => EventListener.UploadKey(upload.Id))] : null;
    }
}
