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
                return caller.Scopes.HasFlag(Scopes.Operate | Scopes.Admin) ? [EventListener.AllKey] : null;
            default:
                return null;
        }
    }

    /// <summary>The uploads with these ids; null if one of them is not there for the caller.</summary>
    public async Task<IReadOnlyCollection<UploadId>?> UploadsAsync(
        Caller caller, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var parsed = new HashSet<UploadId>();
        foreach (var text in ids)
        {
            if (!UploadId.TryParse(text, out var id))
                return null;
            parsed.Add(id);
        }

        return parsed.Count == 0 || (await SeenAsync(caller, parsed, cancellationToken)).Count == parsed.Count ? parsed : null;
    }

    /// <summary>Those of the uploads that are there for the caller.</summary>
    public async Task<IReadOnlyCollection<UploadId>> SeenAsync(
        Caller caller, IReadOnlyCollection<UploadId> ids, CancellationToken cancellationToken) =>
        [.. (await uploads.FindAllAsync(caller, ids, cancellationToken)).Select(upload => upload.Id)];
}
