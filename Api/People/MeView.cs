using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>The caller and the caller's rights.</summary>
internal sealed record MeView
{
    public const string Example = $$"""
        {"subject":"user:{{Examples.Id}}","credential":"session","id":"{{Examples.Id}}","name":"ann","displayName":"Ann Lee",
         "email":"ann@example.org","isOperator":false,"hasSecondFactor":false,"tenant":"default","role":"member","scopes":["upload","read",
         "delete","list"],"memberships":[{"tenant":"default","role":"member"}],"space":"{{Examples.Id}}"}
        """;

    /// <summary>The name under which the caller's uploads and files are recorded.</summary>
    public required string Subject { get; init; }

    /// <summary>operatorKey, apiKey, session, token, certificate, or none if no key is required.</summary>
    public required string Credential { get; init; }

    /// <summary>The id of the user; null for a key that belongs to no user.</summary>
    public required string? Id { get; init; }

    public required string? Name { get; init; }

    public required string? DisplayName { get; init; }

    public required string? Email { get; init; }

    public required bool IsOperator { get; init; }

    public required bool HasPassword { get; init; }

    public required bool HasSecondFactor { get; init; }

    /// <summary>The tenant in which this request acts.</summary>
    public required string Tenant { get; init; }

    /// <summary>guest, viewer, member or admin of the tenant; null for others.</summary>
    public required string? Role { get; init; }

    /// <summary>The scopes of this credential.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<MembershipView> Memberships { get; init; }

    /// <summary>The user's own space in this tenant.</summary>
    public required string? Space { get; init; }

    public static MeView Of(Caller caller, User? user, EntryId? space) => new()
    {
        Subject = caller.Subject,
        Credential = caller.Credential.Kind switch
        {
            CredentialKind.OperatorKey => "operatorKey",
            CredentialKind.Session => "session",
            CredentialKind.ApiKey => "apiKey",
            CredentialKind.Token => "token",
            CredentialKind.Certificate => "certificate",
            _ => "none",
        },
        Id = user?.Id.ToString("n"),
        Name = user?.Name,
        DisplayName = user?.DisplayName,
        Email = user?.Email,
        IsOperator = user?.IsOperator ?? caller.Scopes.HasFlag(Core.Access.Scopes.All),
        HasPassword = user?.HasPassword ?? false,
        HasSecondFactor = user?.HasSecondFactor ?? false,
        Tenant = caller.Tenant,
        Role = user?.RoleIn(caller.Tenant)?.Word(),
        Scopes = ScopeNames.Of(caller.Scopes),
        Memberships = [.. (user?.Memberships ?? []).Select(MembershipView.Of)],
        Space = space?.ToString(),
    };
}

/// <param name="Role">guest, viewer, member or admin.</param>
internal sealed record MembershipView(string Tenant, string Role)
{
    public static MembershipView Of(Membership membership) => new(membership.Tenant, membership.Role.Word());
}
