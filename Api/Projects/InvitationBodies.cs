using System.Text.Json.Serialization;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

internal sealed record NewInvitationBody
{
    public const int MostDays = 90;
    public const int MostUses = 100;

    /// <summary>Whether members who accept it may change files and serve folders; default true.</summary>
    [JsonPropertyName("can_change")]
    public bool? CanChange { get; init; }

    /// <summary>The days for which it is valid; default 7.</summary>
    public int? Days { get; init; }

    /// <summary>The number of users who may join with it; default 1.</summary>
    public int? Uses { get; init; }
}

internal sealed class NewInvitationValidator : AbstractValidator<NewInvitationBody>
{
    public NewInvitationValidator()
    {
        RuleFor(body => body.Days).InclusiveBetween(1, NewInvitationBody.MostDays).OverridePropertyName("days")
            .WithMessage($"days must be 1 to {NewInvitationBody.MostDays}.");
        RuleFor(body => body.Uses).InclusiveBetween(1, NewInvitationBody.MostUses).OverridePropertyName("uses")
            .WithMessage($"uses must be 1 to {NewInvitationBody.MostUses}.");
    }
}

internal sealed record InvitationTokenBody
{
    /// <summary>The part of the invitation's link after the last slash.</summary>
    public string? Token { get; init; }
}

internal sealed class InvitationTokenValidator : AbstractValidator<InvitationTokenBody>
{
    public InvitationTokenValidator() =>
        RuleFor(body => body.Token).NotEmpty().OverridePropertyName("token").WithMessage("token must be that of an invitation.");
}

/// <summary>An invitation to a project.</summary>
internal sealed record InvitationView
{
    public required Guid Id { get; init; }

    [JsonPropertyName("can_change")]
    public required bool CanChange { get; init; }

    /// <summary>The number of users who have joined with it.</summary>
    public required int Uses { get; init; }

    [JsonPropertyName("most_uses")]
    public required int MostUses { get; init; }

    [JsonPropertyName("created_at")]
    public required DateTimeOffset CreatedAt { get; init; }

    [JsonPropertyName("expires_at")]
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The link to share; only in the response to its creation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Link { get; init; }

    public static InvitationView Of(ProjectInvitation invitation, string? link = null) => new()
    {
        Id = invitation.Id,
        CanChange = invitation.CanChange,
        Uses = invitation.Uses,
        MostUses = invitation.MostUses,
        CreatedAt = invitation.CreatedAt,
        ExpiresAt = invitation.ExpiresAt,
        Link = link,
    };
}

internal sealed record InvitationsView(IReadOnlyList<InvitationView> Invitations);

/// <summary>What an invitation offers.</summary>
/// <param name="InvitedBy">The name of the member who created the invitation.</param>
/// <param name="IsMember">Whether the caller is already a member.</param>
/// <param name="Tenant">The tenant of the project, to which a browser session switches.</param>
/// <param name="AsGuest">Whether the caller joins as a guest of that tenant, who only sees the project.</param>
internal sealed record OfferView(
    [property: JsonPropertyName("project_id")] Guid ProjectId, string Name, [property: JsonPropertyName("invited_by")] string InvitedBy,
    [property: JsonPropertyName("can_change")] bool CanChange, [property: JsonPropertyName("expires_at")] DateTimeOffset ExpiresAt,
    [property: JsonPropertyName("is_member")] bool IsMember, string Tenant, [property: JsonPropertyName("as_guest")] bool AsGuest);
