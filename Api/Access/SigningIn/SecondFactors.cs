using System.Security.Cryptography;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Creates and checks second factors. Their secrets are encrypted with the same keys as cookies.</summary>
internal sealed class SecondFactors(ISecondFactorLedger ledger, IDataProtectionProvider protection, TimeProvider time)
{
    public const int LongestCode = 32;

    private const string Issuer = "ChunkUpload";

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.SecondFactor");

    /// <summary>Returns a new secret for the user's app; null if the user already has a second factor.</summary>
    public async Task<(string Secret, string Uri)?> BeginAsync(User user, CancellationToken cancellationToken)
    {
        var secret = OneTimeCodes.NewSecret();
        var kept = Convert.ToBase64String(_protector.Protect(secret));
        return await ledger.BeginAsync(user.Id, kept, cancellationToken)
            ? (OneTimeCodes.Base32(secret), OneTimeCodes.Uri(Issuer, user.Name, secret))
            : null;
    }

    /// <summary>Confirms the secret with a code of the app. Returns the recovery codes; null if the code is wrong.</summary>
    public async Task<IReadOnlyList<string>?> ConfirmAsync(UserSecrets user, string code, CancellationToken cancellationToken)
    {
        if (SecretOf(user) is not { } secret || OneTimeCodes.Match(secret, code.Trim(), time.GetUtcNow(), last: 0) is not { } step)
            return null;
        var codes = RecoveryCodes.New();
        return await ledger.ConfirmAsync(user.User.Id, step, [.. codes.Select(RecoveryCodes.Hash)], cancellationToken) ? codes : null;
    }

    /// <summary>Returns whether this is a valid code of the app or a recovery code, and marks it as used.</summary>
    public async Task<bool> UseAsync(UserSecrets user, string code, CancellationToken cancellationToken)
    {
        if (SecretOf(user) is { } secret
            && OneTimeCodes.Match(secret, code.Trim(), time.GetUtcNow(), user.SecondFactorStep) is { } step)
            return await ledger.UseAsync(user.User.Id, step, cancellationToken);
        return code.Trim().Length > OneTimeCodes.Digits
            && await ledger.UseRecoveryCodeAsync(user.User.Id, RecoveryCodes.Hash(code), cancellationToken);
    }

    // Without the keys that encrypted it, only the recovery codes can be used.
    private byte[]? SecretOf(UserSecrets user)
    {
        try
        {
            return user.SecondFactor is { } kept ? _protector.Unprotect(Convert.FromBase64String(kept)) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
