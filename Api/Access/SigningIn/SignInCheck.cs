using System.Globalization;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Decides who signs in: the holder of the operator key, of a link, or of a name and its password.</summary>
internal sealed class SignInCheck(
    OperatorKey key, BrowserSessions sessions, IPeopleLedger people, IIdentityLedger accounts, Passwords passwords,
    SecondFactors factors, KnownBrowsers browsers)
{
    /// <summary>Names are compared without regard to case.</summary>
    public static string Folded(string name) => name.Trim().ToLowerInvariant();

    /// <summary>
    /// Returns the key by which attempts are counted, in addition to their address. For a user's link, it is the link: a link cannot be
    /// guessed, so attempts with the user's name must not lock it. For a name, it is the browser if this user has signed in with it before,
    /// so that attackers cannot lock the user out; otherwise the name.
    /// </summary>
    public async Task<string?> AttemptKeyAsync(HttpContext context, SignInBody body, CancellationToken cancellationToken)
    {
        if (body.Link is { } link)
            return await sessions.FindLinkAsync(link, cancellationToken) is { User: not null } ? SignInAttempts.KeyOfLink(link) : null;
        return body.Name is { } name ? browsers.KeyOf(context, name) ?? SignInAttempts.KeyOf(name) : null;
    }

    /// <param name="body">The body, which contains one of key, link and name.</param>
    public async Task<SignInResult> CheckAsync(SignInBody body, CancellationToken cancellationToken)
    {
        if (body.Key is { } text)
        {
            return key.Matches(text.AsSpan().Trim())
                ? new SignInResult(Caller.Operator, null, null)
                : SignInResult.Failed(RequestError.InvalidKey,
                    "This is not the operator key of this service. Compare it with operator.key in the data directory.");
        }

        return body.Link is { } link
            ? await ByLinkAsync(link, body, cancellationToken)
            : await ByPasswordAsync(Folded(body.Name!), body.Password!, body.Code, cancellationToken);
    }

    private async Task<SignInResult> ByLinkAsync(string token, SignInBody body, CancellationToken cancellationToken)
    {
        if (await sessions.FindLinkAsync(token, cancellationToken) is not { } link)
            return EndedLink;
        if (link.User is { } id)
        {
            // Check the password and the code first, because a wrong one must not use up the link.
            if (Passwords.Fault(body.Password) is { } fault)
                return await PasswordNeededAsync(id, fault, cancellationToken);
            if (await people.FindSecretsAsync(id, cancellationToken) is not { } secrets)
                return EndedLink;
            if (await CodeRefusalAsync(secrets, body.Code, cancellationToken) is { } refusal)
                return refusal;
            if (!await sessions.UseLinkAsync(token, cancellationToken))
                return EndedLink;
            await people.SetPasswordAsync(
                id, passwords.Hash(body.Password!), null, keepAccounts: body.KeepAccounts == true, cancellationToken);
            return await EnterAsync(secrets.User, cancellationToken);
        }

        return await sessions.UseLinkAsync(token, cancellationToken) ? new SignInResult(Caller.Operator, null, null) : EndedLink;
    }

    // An attacker who knew the old password may have linked an account, so the user sees all linked accounts.
    private async Task<SignInResult> PasswordNeededAsync(Guid user, string fault, CancellationToken cancellationToken)
    {
        var linked = await accounts.ListAsync(user, cancellationToken);
        var errors = new Dictionary<string, string[]>();
        // The holder of the link is the user, who may not know the name for signing in.
        if (await people.FindUserAsync(user, cancellationToken) is { } found)
            errors["name"] = [found.Name];
        if (linked.Count > 0)
        {
            errors["keepAccounts"] =
            [
                .. linked.Select(one => string.Create(
                    CultureInfo.InvariantCulture, $"{one.Account.Name ?? one.Account.Subject}, linked on {one.LinkedAt:yyyy-MM-dd}")),
            ];
        }

        return SignInResult.Refused(new RequestFailure(RequestError.PasswordNeeded, fault) { Errors = errors.Count == 0 ? null : errors });
    }

    private async Task<SignInResult> ByPasswordAsync(string name, string password, string? code, CancellationToken cancellationToken)
    {
        var found = await people.FindSecretsAsync(name, cancellationToken);
        if (!passwords.Matches(found, password) || !found!.User.Enabled)
        {
            return SignInResult.Failed(
                RequestError.InvalidPassword, "The name or the password is wrong, or the account is disabled.", found?.User.Subject);
        }

        return await CodeRefusalAsync(found, code, cancellationToken) ?? await EnterAsync(found.User, cancellationToken);
    }

    /// <summary>Returns null if the user has no second factor, or the code is correct; the code is then marked as used.</summary>
    private async Task<SignInResult?> CodeRefusalAsync(UserSecrets user, string? code, CancellationToken cancellationToken)
    {
        if (!user.User.HasSecondFactor)
            return null;
        if (string.IsNullOrWhiteSpace(code))
            return SignInResult.Refused(RequestError.CodeNeeded, "Send the code that your authenticator app shows, or a recovery code.");
        return await factors.UseAsync(user, code, cancellationToken)
            ? null
            : SignInResult.Failed(
                RequestError.InvalidCode, "The code is wrong or was used before. Wait for the next one.", user.User.Subject);
    }

    /// <summary>Signs in a user whose identity is already proven, in the first of the user's tenants that can be used.</summary>
    public async Task<SignInResult> EnterAsync(User user, CancellationToken cancellationToken)
    {
        var open = (await people.ListTenantsAsync(cancellationToken))
            .Where(tenant => tenant.IsActive).Select(tenant => tenant.Name).ToHashSet();
        var tenant = user.Memberships.Select(membership => membership.Tenant).FirstOrDefault(open.Contains)
            ?? (user.IsOperator ? Caller.DefaultTenant : null);
        if (tenant is null || user.CallerIn(tenant, new Credential(CredentialKind.Session)) is not { } caller)
            return SignInResult.Refused(
                RequestError.NotPermitted, "Your account belongs to no tenant that can be used; ask an administrator.");
        await people.SignedInAsync(user.Id, cancellationToken);
        return new SignInResult(caller, user, null);
    }

    private static SignInResult EndedLink => SignInResult.Failed(
        RequestError.LinkEnded, "This sign-in link was used or has expired. Ask for another, or make one with the command signin-link.");
}

/// <param name="Caller">Null if the sign-in is refused.</param>
/// <param name="User">Null for the holder of the operator key.</param>
internal sealed record SignInResult(Caller? Caller, User? User, (Refusal Refusal, bool Failed, string? Account)? Refusal)
{
    /// <summary>Creates the result for a wrong secret, which delays the next attempt.</summary>
    /// <param name="account">The account's name. Null for an unknown name, which may be a mistyped password and must not be stored.</param>
    public static SignInResult Failed(RequestError error, string detail, string? account = null) =>
        new(null, null, (Errors.Refusal.Of(error, detail), true, account));

    public static SignInResult Refused(RequestError error, string detail) => Refused(new RequestFailure(error, detail));

    public static SignInResult Refused(RequestFailure failure) => new(null, null, (Errors.Refusal.Of(failure), false, null));
}
