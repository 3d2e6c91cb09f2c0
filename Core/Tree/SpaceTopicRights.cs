using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Tree;

/// <summary>Allows callers who see a space to subscribe to its events.</summary>
internal sealed class SpaceTopicRights(FileTree tree) : ITopicRights
{
    public string Kind => TopicKinds.Space;

    public static Topic TopicOf(EntryId space) => new(TopicKinds.Space, space.ToString());

    public async Task<IReadOnlyList<Topic>?> FindAsync(
        Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var seen = (await tree.SpacesAsync(caller, cancellationToken)).Select(space => space.Id).ToHashSet();
        var found = new List<Topic>(ids.Count);
        foreach (var text in ids)
        {
            if (!EntryId.TryParse(text, out var id) || !seen.Contains(id))
                return null;
            found.Add(TopicOf(id));
        }

        return found;
    }

    public async Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken)
    {
        var callers = heard.GroupBy(one => (one.Caller.Tenant, one.Caller.Owner)).ToList();
        var spaces = await tree.SpacesAsync([.. callers.Select(same => same.First().Caller)], cancellationToken);
        var lost = new List<HeardTopic>();
        foreach (var (same, seen) in callers.Zip(spaces))
        {
            var topics = seen.Select(TopicOf).ToHashSet();
            lost.AddRange(same.Where(one => !topics.Contains(one.Topic)));
        }

        return lost;
    }
}
