namespace ChunkUpload.Core.Access;

/// <summary>An app, a team or a company, whose files, users and keys are separate from those of other tenants.</summary>
/// <param name="Name">Lower case letters, digits and hyphens; never changed.</param>
/// <param name="RemovedAt">When its removal was requested; a job then removes its data.</param>
public sealed record Tenant(
    string Name, string Title, DateTimeOffset CreatedAt, DateTimeOffset? SuspendedAt, DateTimeOffset? RemovedAt)
{
    public bool IsActive => SuspendedAt is null && RemovedAt is null;
}
