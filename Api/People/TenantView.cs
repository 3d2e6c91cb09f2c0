using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>An app, a team or a company, separate from other tenants.</summary>
/// <param name="State">active, suspended or removing.</param>
internal sealed record TenantView(
    string Name, string Title, string State, DateTimeOffset CreatedAt, DateTimeOffset? SuspendedAt, DateTimeOffset? RemovedAt)
{
    public const string Example = """
        {"name":"acme","title":"Acme Ltd","state":"active","createdAt":"2026-01-15T09:30:00.000Z","suspendedAt":null,"removedAt":null}
        """;

    public static TenantView Of(Tenant tenant) => new(
        tenant.Name, tenant.Title, tenant.RemovedAt is not null ? "removing" : tenant.SuspendedAt is not null ? "suspended" : "active",
        tenant.CreatedAt, tenant.SuspendedAt, tenant.RemovedAt);
}
