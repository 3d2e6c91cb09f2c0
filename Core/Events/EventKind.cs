namespace ChunkUpload.Core.Events;

/// <summary>The listeners who receive events of a kind without naming their topic. Operators may listen to all of them.</summary>
[Flags]
public enum EventHearers
{
    None = 0,

    /// <summary>The subject to which the event belongs, if it listens to its own events.</summary>
    Owner = 1,

    /// <summary>Callers who see all of the tenant and listen to it.</summary>
    TenantAdmins = 2,

    /// <summary>Operators, in whichever tenant they are.</summary>
    Operators = 4,

    /// <summary>Callers who see the space of the event, if they listen to their own spaces.</summary>
    SpaceMembers = 8,
}

/// <summary>The webhooks that may receive events of a kind.</summary>
[Flags]
public enum EventWebhooks
{
    None = 0,
    OfTenant = 1,
    OfService = 2,
}

/// <summary>A kind of event, declared once in <see cref="EventKinds"/>.</summary>
/// <param name="Name">The kind in the ledger, in messages and in webhooks.</param>
/// <param name="Topic">The kind of topic to which such events refer.</param>
public sealed record EventKind(string Name, string Topic, EventHearers Hearers, EventWebhooks Webhooks)
{
    /// <summary>Gets a value that indicates whether the progress of the topic ends with such an event.</summary>
    public bool IsEnd { get; init; }
}
