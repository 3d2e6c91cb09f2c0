namespace ChunkUpload.Core.Audit;

/// <summary>One act.</summary>
/// <param name="Number">Its position in the chain.</param>
/// <param name="Data">JSON.</param>
public sealed record AuditRow(
    long Number, DateTimeOffset At, string Tenant, string Subject, string? Credential, string? Address, string Kind,
    string? Target, string Data);

/// <param name="Tenant">Null for all tenants.</param>
/// <param name="Before">Only rows with a smaller number, which is the last number of the previous page.</param>
public sealed record AuditQuery(
    string? Tenant, string? Subject, string? Kind, string? Target, DateTimeOffset? From, DateTimeOffset? To, long? Before, int Limit);

/// <param name="Broken">The first number at which the chain is broken; null if it is intact.</param>
/// <param name="Number">The last number that was verified.</param>
/// <param name="Chain">The value of the chain at that number.</param>
/// <param name="Blanked">How many of the verified rows are blanked.</param>
public sealed record AuditVerdict(long? Broken, long Number, byte[] Chain, long Blanked);
