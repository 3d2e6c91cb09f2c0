using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Events;

/// <summary>The rights on topics whose ids are those of visible objects: a caller may follow what the caller sees.</summary>
internal abstract class SeenTopicRights : ITopicRights
{
    public abstract string Kind { get; }

    public async Task<IReadOnlyList<Topic>?> FindAsync(
        Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        if (!caller.Scopes.HasFlag(TopicScopes.NeedOf(Kind)))
            return null;
        var parsed = new HashSet<Guid>();
        foreach (var text in ids)
        {
            if (!UploadId.TryParse(text, out var id))
                return null;
            parsed.Add(id.Value);
        }

        var seen = await SeenAsync(caller, parsed, cancellationToken);
        return seen.Count == parsed.Count ? [.. seen.Select(one => new Topic(Kind, one.ToString("n")))] : null;
    }

    // Each object keeps its owner, and the request of a caller who loses the tenant, or the right to see its objects, ends.
    public Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HeardTopic>>([]);

    /// <summary>Returns those of the ids that the caller sees.</summary>
    protected abstract Task<IReadOnlyList<Guid>> SeenAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);
}
