using System.Text.Json;
using ChunkUpload.Core.Audit;

namespace ChunkUpload.Api.Audit;

/// <summary>One act.</summary>
internal sealed record AuditView
{
    /// <summary>The position in the chain.</summary>
    public required long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The subject: operator, user:…, key:…, link:…; service for the service itself and the command line.</summary>
    public required string Subject { get; init; }

    /// <summary>The session or key that was used.</summary>
    public string? Credential { get; init; }

    /// <summary>The client's address.</summary>
    public string? Address { get; init; }

    /// <summary>The act: upload.completed, entry.moved, download, signed_in, user.added, …</summary>
    public required string Kind { get; init; }

    /// <summary>The target: the id of an upload or an entry, the subject of a user or a key, the name of a tenant.</summary>
    public string? Target { get; init; }

    /// <summary>Further facts about the act, by its kind.</summary>
    public required JsonElement Data { get; init; }

    public static AuditView Of(AuditRow row) => new()
    {
        Number = row.Number,
        At = row.At,
        Tenant = row.Tenant,
        Subject = row.Subject,
        Credential = row.Credential,
        Address = row.Address,
        Kind = row.Kind,
        Target = row.Target,
        Data = JsonElement.Parse(row.Data),
    };
}
