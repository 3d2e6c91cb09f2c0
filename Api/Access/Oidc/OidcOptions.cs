using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>How the service treats an issuer account that is linked to no user.</summary>
internal enum UnknownAccounts
{
    /// <summary>The sign-in is refused. A user links the account in "Your account", or accepts an invitation with it.</summary>
    LinkedOnly = 1,

    /// <summary>The service creates a user for the account.</summary>
    Create,
}

/// <summary>Sign-in to the pages through an external issuer (OpenID Connect).</summary>
[Settings("Oidc")]
internal sealed class OidcOptions : IValidatableObject
{
    private const int LongestTitle = 60;

    [Description(
        "The issuer with whose accounts people sign in to the pages, exactly as its discovery document names itself. Not set: they do not. "
        + "Register /signin/oidc below the service's address there as the redirect URI. For operators whose people "
        + "have accounts elsewhere.")]
    public string? Issuer { get; set; }

    [Description("The id of this service at the issuer. Operators set it with Oidc:Issuer.")]
    public string? ClientId { get; set; }

    [Secret]
    [Description("The secret of this service at the issuer. Not set: the issuer knows it as a public client (PKCE is always used). "
        + "Operators copy it from the issuer.")]
    public string? ClientSecret { get; set; }

    [Description("How the sign-in page calls the issuer. Not set: the host of its address. For operators whose people know it by a "
        + "name.")]
    public string? Title { get; set; }

    [Description(
        "How the service treats an issuer account that is linked to no user. LinkedOnly: the sign-in is refused; a user links the account "
        + "in \"Your account\", or accepts an invitation with it. Create: the service makes a user for each account of the issuer. "
        + "Operators set that where the issuer has only accounts of their own people.")]
    public UnknownAccounts Unknown { get; set; } = UnknownAccounts.LinkedOnly;

    [Description("The tenant of users who are made with Oidc:Unknown=Create. Operators with several tenants set it.")]
    [Required]
    public string Tenant { get; set; } = Caller.DefaultTenant;

    [Description("The role of users who are made with Oidc:Unknown=Create: viewer, member or admin. Operators choose it.")]
    [Required]
    public string Role { get; set; } = "member";

    public bool AreOn => !string.IsNullOrEmpty(Issuer);

    /// <summary>The displayed title of the issuer; null if there is no issuer.</summary>
    public string? ShownTitle => !AreOn ? null : string.IsNullOrWhiteSpace(Title) ? new Uri(Issuer!).Host : Title;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!AreOn)
            yield break;
        if (!TokenOptions.IsAddress(Issuer!))
            yield return new ValidationResult($"Oidc:Issuer must be an https address; http only on this machine. It is {Issuer}.");
        if (string.IsNullOrEmpty(ClientId))
            yield return new ValidationResult("Oidc:Issuer needs Oidc:ClientId: the id of this service at the issuer.");
        if (Title is { Length: > LongestTitle } || Title?.Any(char.IsControl) == true)
            yield return new ValidationResult($"Oidc:Title must be text of at most {LongestTitle} characters.");
        if (Roles.Of(Role) is null or Core.Access.Role.Guest)
            yield return new ValidationResult($"Oidc:Role must be viewer, member or admin; it is {Role}.");
    }
}
