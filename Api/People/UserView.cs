using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>A person.</summary>
internal sealed record UserView
{
    public required string Id { get; init; }

    /// <summary>The name for signing in, which never changes.</summary>
    public required string Name { get; init; }

    public required string DisplayName { get; init; }

    public required string? Email { get; init; }

    /// <summary>Whether the user may do everything in every tenant.</summary>
    public required bool IsOperator { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>False until an invitation is accepted.</summary>
    public required bool HasPassword { get; init; }

    public required bool HasSecondFactor { get; init; }

    /// <summary>The memberships in tenants that the caller administers.</summary>
    public required IReadOnlyList<MembershipView> Memberships { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? SignedInAt { get; init; }

    public static UserView Of(User user, Authority authority) => new()
    {
        Id = user.Id.ToString("n"),
        Name = user.Name,
        DisplayName = user.DisplayName,
        Email = user.Email,
        IsOperator = user.IsOperator,
        Enabled = user.Enabled,
        HasPassword = user.HasPassword,
        HasSecondFactor = user.HasSecondFactor,
        Memberships = [.. user.Memberships.Where(one => authority.Administers(one.Tenant)).Select(MembershipView.Of)],
        CreatedAt = user.CreatedAt,
        SignedInAt = user.SignedInAt,
    };
}
