using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Makes sure that the user is at the browser, before something that a session alone must not do.</summary>
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

    /// <summary>The user whose account the request may change. Only a browser session may do that.</summary>
    public static Guid? AccountOf(Caller caller) => caller.Credential.Kind == CredentialKind.Session ? caller.User : null;

    /// <summary>
    /// Asks for the password, and for a code where the user has a second factor. A user without a password must have signed in a moment
    /// ago, which such users do with an account of the issuer.
    /// </summary>
    /// <returns>Null if the user is there.</returns>
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

        // A wrong password or code delays the next attempt, as at the sign-in. Only a right password with a right code clears earlier
        // failures: a right password alone would allow endless guesses at the code. An attempt counts from its beginning, so that many at
        // once are no more than one after the other. Failed sign-ins of others with this name do not count here.
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

    // A page takes 401 for the end of its session.
    private static Refusal OfField(string field, string sentence) => Refusal.Of(new RequestFailure(RequestError.InvalidField, sentence)
    {
        Errors = new Dictionary<string, string[]> { [field] = [sentence] },
    });
}
