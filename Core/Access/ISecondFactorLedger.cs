namespace ChunkUpload.Core.Access;

/// <summary>Stores second factors: a protected secret, the step of the last code, and digests of recovery codes.</summary>
public interface ISecondFactorLedger
{
    /// <summary>Stores a secret that must be confirmed. It replaces another unconfirmed secret.</summary>
    /// <returns>False if the user has a second factor already.</returns>
    Task<bool> BeginAsync(Guid user, string secret, CancellationToken cancellationToken);

    /// <summary>Confirms the stored secret: from now on a sign-in needs a code.</summary>
    /// <returns>False if no secret waits for its confirmation.</returns>
    Task<bool> ConfirmAsync(Guid user, long step, IReadOnlyList<byte[]> recoveryCodes, CancellationToken cancellationToken);

    /// <returns>False if a code of this step or a later one was used already.</returns>
    Task<bool> UseAsync(Guid user, long step, CancellationToken cancellationToken);

    /// <returns>False if it is not one of the unused codes.</returns>
    Task<bool> UseRecoveryCodeAsync(Guid user, byte[] code, CancellationToken cancellationToken);

    Task RemoveAsync(Guid user, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the second factor of a user who has lost it. The password and the sessions end with it: without the factor, a password
    /// that others know would be enough until the user sets a new one.
    /// </summary>
    Task ResetAsync(Guid user, CancellationToken cancellationToken);
}
