using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access;

/// <summary>A key for programs. A user's key acts as the user, within its scopes; a tenant's own key acts as itself.</summary>
/// <param name="Prefix">The first characters of its newest secret, shown to people.</param>
/// <param name="User">Null for a tenant's own key.</param>
/// <param name="RevokedAt">When this key, or a key that created it, was revoked.</param>
public sealed record ApiKey(
    Guid Id, string Tenant, Guid? User, string Name, string Prefix, Scopes Scopes, string MadeBy, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt, DateTimeOffset? UsedAt, DateTimeOffset? RevokedAt)
{
    /// <summary>The key that created this one. If it ends, this key ends too.</summary>
    public Guid? MadeWith { get; init; }

    /// <summary>When the restore of a backup disabled the key; null if it is enabled.</summary>
    public DateTimeOffset? DisabledAt { get; init; }
}

/// <summary>Secrets of API keys: cu_, eight characters that may be shown, _, and 256 random bits.</summary>
public static class KeySecret
{
    public const string Prefix = "cu_";
    private const int ShownBytes = 6;
    private const int SecretBytes = 32;
    private const int Length = 3 + 8 + 1 + 43;

    /// <summary>Returns a new secret, which only its holder keeps, and the part of it that may be shown.</summary>
    public static (string Text, string Shown) New()
    {
        var shown = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ShownBytes));
        return ($"{shown}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}", shown);
    }

    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length == Length && text.StartsWith(Prefix, StringComparison.Ordinal) && text[11] == '_';

    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
