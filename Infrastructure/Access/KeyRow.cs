using ChunkUpload.Core.Access;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>A row of <c>api_keys</c>, of <c>tenants</c>, or of both with the key's user.</summary>
internal class KeyRow : UserRow
{
    public Guid KeyId { get; set; }
    public string KeyTenant { get; set; } = "";
    public Guid? KeyUser { get; set; }
    public string KeyName { get; set; } = "";
    public string Prefix { get; set; } = "";
    public int Scopes { get; set; }
    public string MadeBy { get; set; } = "";
    public Guid? KeyMadeWith { get; set; }
    public DateTime KeyCreatedAt { get; set; }
    public DateTime? ExpiresAt { get; set; }
    public DateTime? UsedAt { get; set; }
    public DateTime? RevokedAt { get; set; }
    public DateTime? DisabledAt { get; set; }
    public DateTime? Until { get; set; }
    public string TenantName { get; set; } = "";
    public string Title { get; set; } = "";
    public DateTime TenantCreatedAt { get; set; }
    public DateTime? SuspendedAt { get; set; }
    public DateTime? TenantRemovedAt { get; set; }

    /// <summary>Gets a value that indicates whether the row has a key.</summary>
    public bool HasKey => KeyId != Guid.Empty;

    public ApiKey ToKey() => new(
        KeyId, KeyTenant, KeyUser, KeyName, Prefix, (Scopes)Scopes, MadeBy, LedgerRows.Utc(KeyCreatedAt), LedgerRows.Utc(ExpiresAt),
        LedgerRows.Utc(UsedAt), LedgerRows.Utc(RevokedAt))
    {
        MadeWith = KeyMadeWith,
        DisabledAt = LedgerRows.Utc(DisabledAt),
    };

    public HeldKey ToHeldKey() => new(ToKey(), ToTenant(), ToUser(), LedgerRows.Utc(Until));

    public Tenant ToTenant() => new(
        TenantName, Title, LedgerRows.Utc(TenantCreatedAt), LedgerRows.Utc(SuspendedAt), LedgerRows.Utc(TenantRemovedAt));
}
