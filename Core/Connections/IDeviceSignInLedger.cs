namespace ChunkUpload.Core.Connections;

/// <summary>Stores the outcome of sign-ins by a code, so every node can report it. The node that began one asks the provider.</summary>
public interface IDeviceSignInLedger
{
    /// <summary>Adds a sign-in that this process follows, and removes the oldest ones of its user.</summary>
    /// <param name="most">The most sign-ins of a user that are kept.</param>
    /// <param name="keptUntil">The time until which the outcome can be queried.</param>
    Task BeginAsync(DeviceSignIn signIn, int most, DateTimeOffset keptUntil, CancellationToken cancellationToken);

    /// <summary>Returns the state; null if the user has no such sign-in, or the process that followed it stopped first.</summary>
    Task<DeviceSignInState?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns whether the sign-in was not abandoned.</summary>
    Task<bool> IsOpenAsync(Guid id, CancellationToken cancellationToken);

    Task EndAsync(Guid id, ConnectionSignInEnd end, CancellationToken cancellationToken);

    /// <returns>False if the user has none of this id.</returns>
    Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);
}

/// <param name="End">The end of the sign-in; null while the code can still be entered.</param>
public sealed record DeviceSignInState(DateTimeOffset ExpiresAt, ConnectionSignInEnd? End);
