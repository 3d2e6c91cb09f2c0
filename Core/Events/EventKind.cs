namespace ChunkUpload.Core.Events;

/// <summary>Who hears events of a kind without naming their topic. Operators who listen to all hear each of them.</summary>
[Flags]
public enum EventHearers
{
    None = 0,

    /// <summary>The subject that the event belongs to, who listens to its own.</summary>
    Owner = 1,

    /// <summary>Those who see all of the tenant and listen to it.</summary>
    TenantAdmins = 2,

    /// <summary>Operators, whichever tenant they look at.</summary>
    Operators = 4,

    /// <summary>Those who see the space that the event is about, and listen to their own.</summary>
    SpaceMembers = 8,
}

/// <summary>Which webhooks may get events of a kind.</summary>
[Flags]
public enum EventWebhooks
{
    None = 0,
    OfTenant = 1,
    OfService = 2,
}

/// <summary>A kind of event, declared once in <see cref="EventKinds"/>.</summary>
/// <param name="Name">The kind in the ledger, in messages and in webhooks.</param>
/// <param name="Topic">The kind of topic that such events are about.</param>
public sealed record EventKind(string Name, string Topic, EventHearers Hearers, EventWebhooks Webhooks)
{
    /// <summary>Whether nothing more happens to the topic as far as progress is concerned.</summary>
    public bool IsEnd { get; init; }
}
