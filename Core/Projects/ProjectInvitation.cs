using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>An invitation to a project. Only the digest of its token is kept.</summary>
/// <param name="MadeBy">The subject who created the invitation. It ends when the subject loses the right.</param>
/// <param name="CanChange">Whether a member who accepts it may change the project.</param>
public sealed record ProjectInvitation(
    Guid Id, Guid Project, string MadeBy, bool CanChange, int Uses, int MostUses, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>An invitation as a user sees it before accepting it.</summary>
/// <param name="Tenant">The tenant of the project.</param>
/// <param name="AsGuest">Whether the user does not belong to that tenant, and becomes a guest.</param>
public sealed record OfferedProject(
    Guid Project, string Tenant, string Name, string InvitedBy, bool CanChange, DateTimeOffset ExpiresAt, bool IsMember, bool AsGuest);

/// <summary>A project that a user has joined.</summary>
public sealed record JoinedProject(Guid Project, string Tenant);

/// <summary>Stores invitations to projects.</summary>
public interface IInvitationLedger
{
    /// <param name="most">The number of valid invitations that a project may have.</param>
    /// <returns>False if the project has that many.</returns>
    Task<bool> AddAsync(ProjectInvitation invitation, byte[] token, int most, CancellationToken cancellationToken);

    /// <summary>Returns the valid invitations, the newest first.</summary>
    Task<IReadOnlyList<ProjectInvitation>> ListAsync(Guid project, CancellationToken cancellationToken);

    /// <returns>False if there is no such invitation that has not ended.</returns>
    Task<bool> EndAsync(Guid project, Guid invitation, CancellationToken cancellationToken);

    /// <param name="guests">Whether users of other tenants may join as guests.</param>
    /// <returns><c>null</c> if the invitation is not valid for the caller.</returns>
    Task<OfferedProject?> FindAsync(Caller caller, byte[] token, bool guests, CancellationToken cancellationToken);

    /// <summary>Makes the caller a member.</summary>
    /// <returns>The project; <c>null</c> if the invitation is not valid for the caller.</returns>
    Task<JoinedProject?> JoinAsync(Caller caller, byte[] token, bool guests, CancellationToken cancellationToken);
}
