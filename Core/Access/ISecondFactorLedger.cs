namespace ChunkUpload.Core.Access;

/// <summary>Stores second factors: a protected secret, the step of the last code, and digests of recovery codes.</summary>
public interface ISecondFactorLedger
{
    /// <summary>Stores a secret that is not asked for yet, in place of another that is not.</summary>
    /// <returns>False if the user has a second factor already.</returns>
    Task<bool> BeginAsync(Guid user, string secret, CancellationToken cancellationToken);

    /// <summary>From now on the secret that was stored is asked for.</summary>
    /// <returns>False if none is waiting.</returns>
    Task<bool> ConfirmAsync(Guid user, long step, IReadOnlyList<byte[]> recoveryCodes, CancellationToken cancellationToken);

    /// <returns>False if a code of this step or a later one was used already.</returns>
    Task<bool> UseAsync(Guid user, long step, CancellationToken cancellationToken);

    /// <returns>False if it is none of the codes that are left.</returns>
    Task<bool> UseRecoveryCodeAsync(Guid user, byte[] code, CancellationToken cancellationToken);

    Task RemoveAsync(Guid user, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the second factor of a user who has lost it. The password and the sessions end with it: without the factor, a password
    /// that others know would be enough until the user sets a new one.
    /// </summary>
    Task ResetAsync(Guid user, CancellationToken cancellationToken);
}
