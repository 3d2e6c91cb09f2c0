namespace ChunkUpload.Core.Access;

/// <summary>Stores programs' requests for API keys. Secrets are stored as their SHA-256.</summary>
public interface IKeyRequestLedger
{
    /// <param name="device">The SHA-256 of the program's secret.</param>
    /// <param name="network">The program's address, or its network if clients can choose their addresses.</param>
    /// <param name="most">The maximum number of waiting requests.</param>
    /// <param name="mostOfNetwork">The maximum number of waiting requests from one network.</param>
    /// <returns>False if too many requests wait, or if its code is already in use.</returns>
    Task<bool> AddAsync(
        KeyRequest request, byte[] device, string network, int most, int mostOfNetwork, CancellationToken cancellationToken);

    /// <summary>Returns the waiting request with this code.</summary>
    Task<KeyRequest?> FindAsync(string code, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Returns the request with the program's secret, also one that has ended.</summary>
    Task<KeyRequest?> FindAsync(byte[] device, CancellationToken cancellationToken);

    /// <summary>Records that the program has polled for its key.</summary>
    /// <returns>False if it polls too often: from now on it must wait longer.</returns>
    Task<bool> AskedAsync(Guid id, DateTimeOffset now, TimeSpan longer, CancellationToken cancellationToken);

    /// <summary>Counts a wrong password or code; with the last one the request is refused.</summary>
    Task FailedAsync(Guid id, int most, CancellationToken cancellationToken);

    /// <param name="grant">The SHA-256 of the code that the browser sends to the program; null if the program polls.</param>
    /// <returns>False if the request is no longer waiting.</returns>
    Task<bool> ConfirmAsync(KeyRequest request, GrantedKey key, byte[]? grant, DateTimeOffset now, CancellationToken cancellationToken);

    /// <returns>False if the request is no longer waiting.</returns>
    Task<bool> RefuseAsync(KeyRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Creates the granted key. A program that lost the response can repeat the call: it gets another secret if the key was not used yet.
    /// </summary>
    /// <param name="grant">The SHA-256 of the code that the browser has sent; null if the program polls.</param>
    /// <returns>False if there is no granted key.</returns>
    Task<bool> TakeAsync(
        KeyRequest request, byte[]? grant, Guid key, string name, string prefix, byte[] secret, CancellationToken cancellationToken);
}
