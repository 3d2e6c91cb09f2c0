using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

/// <summary>Makes sure that the user is at the browser, before something that a session alone must not do.</summary>
internal sealed class Reauthentication(
    IUserLedger users, IBrowserSessionLedger sessions, Passwords passwords, SecondFactors factors, SignInAttempts attempts,
    TimeProvider time)
{
    /// <summary>How long after a sign-in a user without a password counts as present.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private const string WrongPassword = "The current password is wrong.";
    private const string WrongCode = "Send the code that your authenticator app shows now, or a recovery code.";

    /// <summary>
    /// Asks for the password, and for a code where the user has a second factor. A user without a password must have signed in a moment
    /// ago, which such users do with an account of the issuer.
    /// </summary>
    /// <returns>Null if the user is there.</returns>
    public async Task<Refusal?> RefusalAsync(
        Guid id, Credential session, string? password, string? code, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(id, cancellationToken) is not { } user
            || await users.FindAsync(user.Name, cancellationToken) is not { } secrets)
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
        return PasswordRefusal(secrets, password) ?? await CodeRefusalAsync(secrets, code, cancellationToken);
    }

    /// <summary>Compares the current password. Wrong ones make the account wait, as at the sign-in.</summary>
    /// <returns>Null if it is right.</returns>
    public Refusal? PasswordRefusal(UserSecrets user, string password)
    {
        var account = SignInAttempts.KeyOf(user.User.Name);
        if (attempts.Wait(account) is { } wait)
            return SignIn.TooMany(wait, "with this name");
        if (passwords.Matches(user, password))
        {
            attempts.Succeeded(account);
            return null;
        }

        attempts.Failed(account);
        return OfField("currentPassword", WrongPassword);
    }

    private async Task<Refusal?> CodeRefusalAsync(UserSecrets user, string? code, CancellationToken cancellationToken)
    {
        if (!user.User.HasSecondFactor || (code is not null && await factors.UseAsync(user, code, cancellationToken)))
            return null;
        if (code is not null)
            attempts.Failed(SignInAttempts.KeyOf(user.User.Name));
        return OfField("code", WrongCode);
    }

    // A page takes 401 for the end of its session.
    private static Refusal OfField(string field, string sentence) => Refusal.Of(new RequestFailure(RequestError.InvalidField, sentence)
    {
        Errors = new Dictionary<string, string[]> { [field] = [sentence] },
    });
}
