using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Decides who may follow single topics of one kind. The folder that defines the kind implements this interface and registers it.
/// </summary>
public interface ITopicRights
{
    /// <summary>One of <see cref="TopicKinds"/>.</summary>
    string Kind { get; }

    /// <summary>Returns the topics with these ids, each in the form that events have.</summary>
    /// <returns>Null if the caller does not see one of them.</returns>
    Task<IReadOnlyList<Topic>?> FindAsync(Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Returns those of these topics that their callers no longer see. Called for many listeners at once when rights have changed. A caller
    /// who has lost a scope need not be returned, because the caller's request ends.
    /// </summary>
    Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken);
}

/// <summary>A topic that a caller follows.</summary>
public sealed record HeardTopic(Caller Caller, Topic Topic);

/// <summary>The rights on topics that concern the whole service: operators may follow each of them.</summary>
public sealed class OperatorTopicRights(string kind) : ITopicRights
{
    private const int LongestId = 1024;

    public string Kind => kind;

    public Task<IReadOnlyList<Topic>?> FindAsync(Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Topic>?>(
            caller.Scopes.HasFlag(Scopes.Operate | Scopes.Admin) && ids.All(id => id.Length <= LongestId)
                ? [.. ids.Select(id => new Topic(kind, id))]
                : null);

    public Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HeardTopic>>([]);
}

/// <summary>The scopes that topics require, in every way of listening.</summary>
public static class TopicScopes
{
    public static Scopes NeedOf(string kind) => kind switch
    {
        TopicKinds.Transfer or TopicKinds.Sync => Scopes.Transfers,
        TopicKinds.Project or TopicKinds.Device or TopicKinds.FileTransfer => Scopes.Projects,
        _ => Scopes.None,
    };
}
