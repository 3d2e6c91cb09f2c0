using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Verifies that the user is present before operations for which a session is not sufficient.</summary>
internal sealed class Reauthentication(
    IPeopleLedger people, IBrowserSessionLedger sessions, Passwords passwords, SecondFactors factors, SignInAttempts attempts,
    TimeProvider time)
{
    /// <summary>How long after a sign-in a user without a password counts as present.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private const string WrongPassword = "The current password is wrong.";
    private const string WrongCode = "Send the code that your authenticator app shows now, or a recovery code.";

    public static Refusal NeedsSession { get; } = Refusal.Of(
        RequestError.NotPermitted, "A key cannot change an account. Sign in at /signin as a user.");

    /// <summary>Returns the user whose account the request may change. Only a browser session may do that.</summary>
    public static Guid? AccountOf(Caller caller) => caller.Credential.Kind == CredentialKind.Session ? caller.User : null;

    /// <summary>
    /// Requires the password, and a code if the user has a second factor. A user without a password must have signed in recently, with an
    /// account of the issuer.
    /// </summary>
    /// <returns>Null if the user is present.</returns>
    public async Task<Refusal?> RefusalAsync(
        Guid id, Credential session, string? password, string? code, CancellationToken cancellationToken)
    {
        if (await people.FindSecretsAsync(id, cancellationToken) is not { User: var user } secrets)
            return Refusal.Of(RequestError.SessionEnded, "The user of this session is gone.");
        if (secrets.Password is null)
        {
            var known = await sessions.ListAsync(id, BrowserSessions.MostOfUser, cancellationToken);
            return known.Any(one => one.Id.ToString("n") == session.Id && time.GetUtcNow() < one.CreatedAt + Fresh)
                ? null
                : Refusal.Of(
                    RequestError.SignInAgain,
                    $"You have no password. Sign out, sign in again, and repeat this within {Fresh.TotalMinutes:0} minutes.");
        }

        if (password is null)
            return Refusal.Of(RequestError.PasswordNeeded, "Send your current password.");

        // A wrong password or code delays the next attempt, as for the sign-in. Earlier failures are only cleared if both are correct;
        // otherwise a correct password would allow unlimited guesses of the code. An attempt counts as failed from its start, so concurrent
        // attempts gain nothing. Failed sign-ins with this name are counted separately.
        var account = SignInAttempts.KeyOf(user.Id);
        if (attempts.Begin(account) is { } wait)
            return SignIn.TooMany(wait, "in this account");
        if (!passwords.Matches(secrets, password))
            return OfField("currentPassword", WrongPassword);
        if (user.HasSecondFactor && (code is null || !await factors.UseAsync(secrets, code, cancellationToken)))
        {
            if (code is null)
                attempts.Withdraw(account);
            return OfField("code", WrongCode);
        }

        attempts.Succeeded(account);
        return null;
    }

    // Pages interpret 401 as the end of the session.
    private static Refusal OfField(string field, string sentence) => Refusal.Of(new RequestFailure(RequestError.InvalidField, sentence)
    {
        Errors = new Dictionary<string, string[]> { [field] = [sentence] },
    });
}
