namespace ChunkUpload.Core.Access;

/// <summary>Stores requests of programs for keys. Secrets are stored as their SHA-256.</summary>
public interface IKeyRequestLedger
{
    /// <param name="device">Of the program's secret.</param>
    /// <param name="network">The address from which the program asks, or its network where clients choose their addresses.</param>
    /// <param name="most">How many may wait at once.</param>
    /// <param name="mostOfNetwork">How many of one network may wait at once.</param>
    /// <returns>False if too many wait, or if its code is taken.</returns>
    Task<bool> AddAsync(
        KeyRequest request, byte[] device, string network, int most, int mostOfNetwork, CancellationToken cancellationToken);

    /// <summary>The request with this code that waits for a person.</summary>
    Task<KeyRequest?> FindAsync(string code, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The request with the program's secret, also one that has ended.</summary>
    Task<KeyRequest?> FindAsync(byte[] device, CancellationToken cancellationToken);

    /// <summary>Notes that the program has asked.</summary>
    /// <returns>False if it asks too often: from now on it has to wait longer.</returns>
    Task<bool> AskedAsync(Guid id, DateTimeOffset now, TimeSpan longer, CancellationToken cancellationToken);

    /// <summary>Counts a wrong password or code; with the last one the request is refused.</summary>
    Task FailedAsync(Guid id, int most, CancellationToken cancellationToken);

    /// <param name="grant">Of the code that the browser takes to the program; null where it asks by itself.</param>
    /// <returns>False if it does not wait any more.</returns>
    Task<bool> ConfirmAsync(KeyRequest request, GrantedKey key, byte[]? grant, DateTimeOffset now, CancellationToken cancellationToken);

    /// <returns>False if it does not wait any more.</returns>
    Task<bool> RefuseAsync(KeyRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the granted key. A program that lost the answer may ask once more: as long as its key was not used, it gets another secret.
    /// </summary>
    /// <param name="grant">Of the code that the browser has brought; null where the program asks by itself.</param>
    /// <returns>False if there is nothing to take.</returns>
    Task<bool> TakeAsync(
        KeyRequest request, byte[]? grant, Guid key, string name, string prefix, byte[] secret, CancellationToken cancellationToken);
}
