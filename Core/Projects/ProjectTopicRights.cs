using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>Allows the members of a project to subscribe to its events.</summary>
internal sealed class ProjectTopicRights(IProjectLedger projects) : ITopicRights
{
    public string Kind => TopicKinds.Project;

    public async Task<IReadOnlyList<Topic>?> FindAsync(
        Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var seen = await SeenAsync(caller, cancellationToken);
        var found = new List<Topic>(ids.Count);
        foreach (var text in ids)
        {
            // Clients write the id in the form of the project's routes or of the events.
            if (!Guid.TryParse(text, out var id) || !seen.Contains(id))
                return null;
            found.Add(TopicOf(id));
        }

        return found;
    }

    public async Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken)
    {
        var lost = new List<HeardTopic>();
        foreach (var same in heard.GroupBy(one => (one.Caller.Tenant, one.Caller.Subject)))
        {
            var topics = (await SeenAsync(same.First().Caller, cancellationToken)).Select(TopicOf).ToHashSet();
            lost.AddRange(same.Where(one => !topics.Contains(one.Topic)));
        }

        return lost;
    }

    private static Topic TopicOf(Guid project) => new(TopicKinds.Project, project.ToString("n"));

    private async Task<HashSet<Guid>> SeenAsync(Caller caller, CancellationToken cancellationToken) =>
        [.. (await projects.ListAsync(caller, cancellationToken)).Where(project => project.IsMember).Select(project => project.Id)];
}
