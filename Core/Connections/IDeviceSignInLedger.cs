namespace ChunkUpload.Core.Connections;

/// <summary>Keeps what became of sign-ins by a code, so that every node can tell. The node that began one asks the provider.</summary>
public interface IDeviceSignInLedger
{
    /// <summary>Adds a sign-in that this process follows, and removes the oldest ones of its user.</summary>
    /// <param name="most">How many of a user are kept.</param>
    /// <param name="keptUntil">Until when it can be told what became of it.</param>
    Task BeginAsync(DeviceSignIn signIn, int most, DateTimeOffset keptUntil, CancellationToken cancellationToken);

    /// <summary>Null: the user has none of this id, or the process that followed it has ended before it.</summary>
    Task<DeviceSignInState?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);

    /// <summary>Whether it was not given up.</summary>
    Task<bool> IsOpenAsync(Guid id, CancellationToken cancellationToken);

    Task EndAsync(Guid id, ConnectionSignInEnd end, CancellationToken cancellationToken);

    /// <returns>False if the user has none of this id.</returns>
    Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);
}

/// <param name="End">The end of the sign-in; null while the code can still be entered.</param>
public sealed record DeviceSignInState(DateTimeOffset ExpiresAt, ConnectionSignInEnd? End);
