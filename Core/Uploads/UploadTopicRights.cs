using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Uploads;

/// <summary>Who sees an upload may follow it.</summary>
internal sealed class UploadTopicRights(IUploadLedger uploads) : ITopicRights
{
    public string Kind => TopicKinds.Upload;

    public async Task<IReadOnlyList<Topic>?> FindAsync(
        Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var parsed = new HashSet<UploadId>();
        foreach (var text in ids)
        {
            if (!UploadId.TryParse(text, out var id))
                return null;
            parsed.Add(id);
        }

        var found = await uploads.FindAllAsync(caller, parsed, cancellationToken);
        return found.Count == parsed.Count ? [.. found.Select(upload => Topic.Of(upload.Id))] : null;
    }

    public async Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken)
    {
        var asked = heard.ToLookup(one => new HeardUpload(one.Caller.Tenant, one.Caller.Owner, one.Topic.Upload!.Value));
        var unseen = await uploads.UnseenAsync([.. asked.Select(same => same.Key)], cancellationToken);
        return [.. unseen.SelectMany(one => asked[one])];
    }
}
