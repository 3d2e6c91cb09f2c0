using System.Security.Claims;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>Creates users for issuer accounts that are linked to no user, if Oidc:Unknown=Create.</summary>
internal sealed class OidcUsers(OidcOptions issuer, Credentials credentials, TimeProvider time)
{
    private const int LongestName = 64;
    private const string NoName = "user";

    /// <summary>Returns the issuer's display name of an account.</summary>
    public static string? ShownName(ClaimsPrincipal token) =>
        Text(token, "preferred_username") ?? Text(token, "email") ?? Text(token, "name");

    /// <summary>
    /// Returns a function that creates a user; null if unknown accounts are refused, or their configured tenant cannot be used.
    /// </summary>
    public async Task<Func<User>?> MakerAsync(ClaimsPrincipal token, CancellationToken cancellationToken)
    {
        if (issuer.Unknown != UnknownAccounts.Create || Roles.Of(issuer.Role) is not { } role
            || !await credentials.IsActiveAsync(issuer.Tenant, cancellationToken))
            return null;
        return () =>
        {
            var name = NameOf(ShownName(token));
            // An address that the issuer has not verified may belong to another person.
            var email = token.FindFirstValue("email_verified") is "true" or "True" ? token.FindFirstValue("email") : null;
            return new User(
                Guid.NewGuid(), name, Text(token, "name") ?? name, email is not null && PersonText.IsEmail(email) ? email : null,
                HasPassword: false, IsOperator: false, Enabled: true, HasSecondFactor: false, time.GetUtcNow(), SignedInAt: null,
                [new Membership(issuer.Tenant, role)]);
        };
    }

    private static string? Text(ClaimsPrincipal token, string claim) =>
        token.FindFirstValue(claim) is { } text && PersonText.TitleFault(claim, text) is null ? text : null;

    // The part of an address before the @, with the characters that a name may have.
    private static string NameOf(string? shown)
    {
        var name = new string([.. SignInCheck.Folded(shown ?? "").Split('@')[0]
            .Select(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '_' ? letter : '-')])
            .Trim('.', '_', '-');
        name = name[..Math.Min(name.Length, LongestName)];
        return PersonText.IsUserName(name) ? name : NoName;
    }
}
