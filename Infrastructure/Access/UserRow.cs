using System.Text.Json;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>A row of <c>users</c> with its memberships.</summary>
internal class UserRow
{
    public Guid? Id { get; set; }
    public string Name { get; set; } = "";
    public string DisplayName { get; set; } = "";
    public string? Email { get; set; }
    public string? Password { get; set; }
    public bool IsOperator { get; set; }
    public bool Enabled { get; set; }
    public string? Totp { get; set; }
    /// <summary>A negative value means that the secret is not confirmed, and sign-ins do not require it.</summary>
    public long TotpStep { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime? SignedInAt { get; set; }

    /// <summary>The tenant and role of each membership, as JSON.</summary>
    public string? Memberships { get; set; }

    /// <summary>Returns the user, or null if the row has none.</summary>
    public User? ToUser() => Id is not { } id
        ? null
        : new User(
            id, Name, DisplayName, Email, Password is not null, IsOperator, Enabled, Totp is not null && TotpStep >= 0,
            LedgerRows.Utc(CreatedAt), SignedInAt is { } at ? LedgerRows.Utc(at) : null, ReadMemberships());

    public UserSecrets? ToSecrets() => ToUser() is { } user ? new UserSecrets(user, Password, Totp, TotpStep) : null;

    private List<Membership> ReadMemberships()
    {
        var found = new List<Membership>();
        if (Memberships is null)
            return found;
        using var json = JsonDocument.Parse(Memberships);
        foreach (var pair in json.RootElement.EnumerateObject())
            found.Add(new Membership(pair.Name, Roles.Of(pair.Value.GetString())!.Value));
        return found;
    }
}
