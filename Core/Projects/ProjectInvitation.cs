using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>An invitation to a project. Only the digest of its token is kept.</summary>
/// <param name="MadeBy">The subject with whose right the invitation ends.</param>
/// <param name="CanChange">Whether a member who comes by it may change the project.</param>
public sealed record ProjectInvitation(
    Guid Id, Guid Project, string MadeBy, bool CanChange, int Uses, int MostUses, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>What a user sees of an invitation before accepting it.</summary>
public sealed record OfferedProject(Guid Project, string Name, string InvitedBy, bool CanChange, DateTimeOffset ExpiresAt, bool IsMember);

/// <summary>Stores invitations to projects.</summary>
public interface IInvitationLedger
{
    /// <param name="most">The number of valid invitations that a project may have.</param>
    /// <returns>False if the project has that many.</returns>
    Task<bool> AddAsync(ProjectInvitation invitation, byte[] token, int most, CancellationToken cancellationToken);

    /// <summary>The invitations that are still valid, the newest first.</summary>
    Task<IReadOnlyList<ProjectInvitation>> ListAsync(Guid project, CancellationToken cancellationToken);

    /// <returns>False if there is no such invitation that has not ended.</returns>
    Task<bool> EndAsync(Guid project, Guid invitation, CancellationToken cancellationToken);

    /// <returns><c>null</c> if the invitation is not valid for the caller.</returns>
    Task<OfferedProject?> FindAsync(Caller caller, byte[] token, CancellationToken cancellationToken);

    /// <summary>Makes the caller a member.</summary>
    /// <returns>The project; <c>null</c> if the invitation is not valid for the caller.</returns>
    Task<Guid?> JoinAsync(Caller caller, byte[] token, CancellationToken cancellationToken);
}
