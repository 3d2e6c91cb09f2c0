using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>Stores projects, and the folders that devices serve in them.</summary>
public interface IProjectLedger
{
    /// <summary>Creates a project that belongs to the caller, who is its first member.</summary>
    /// <param name="most">The number of team spaces that the caller may have; <c>null</c> for any number.</param>
    /// <returns><c>null</c> if the caller already has that many.</returns>
    Task<Guid?> AddAsync(Caller caller, string name, int? most, CancellationToken cancellationToken);

    /// <summary>Returns the projects of which the caller is a member; for administrators, also the others of the tenant.</summary>
    Task<IReadOnlyList<Project>> ListAsync(Caller caller, CancellationToken cancellationToken);

    /// <returns><c>null</c> if there is no such project for the caller.</returns>
    Task<Project?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <param name="archived">True makes the project read-only and releases its devices; false reopens it.</param>
    /// <param name="owner">The member to whom the project is handed over.</param>
    /// <returns>False if the new owner is not a member who may change the project.</returns>
    Task<bool> ChangeAsync(Guid project, string? name, bool? archived, string? owner, CancellationToken cancellationToken);

    /// <summary>Ends a project. The team space stays, with its files and members.</summary>
    Task<bool> EndAsync(Guid project, CancellationToken cancellationToken);

    Task<ServeOutcome> ServeAsync(Guid project, Guid folder, Guid device, string place, CancellationToken cancellationToken);

    /// <summary>Changes the rules of a served folder.</summary>
    Task<FolderChangeOutcome> ChangeFolderAsync(
        Guid project, Guid folder, FolderRulesChange change, CancellationToken cancellationToken);

    /// <summary>Removes a folder and the list of its files from a project. The files stay on the device.</summary>
    /// <returns>False if there is no such folder.</returns>
    Task<bool> ReleaseAsync(Guid project, Guid folder, CancellationToken cancellationToken);

    /// <summary>Returns the events after a number, in their order.</summary>
    Task<IReadOnlyList<ProjectEvent>> EventsAsync(Guid project, long since, int most, CancellationToken cancellationToken);

    /// <summary>Returns the number of the oldest event that is kept; <c>null</c> if there is none.</summary>
    Task<long?> OldestEventAsync(Guid project, CancellationToken cancellationToken);
}

/// <summary>Stores the catalogue: the files that devices serve.</summary>
public interface ICatalogueLedger
{
    /// <param name="most">The number of files that a folder may have.</param>
    Task<FileChangesOutcome> UpdateAsync(FileChanges changes, long most, CancellationToken cancellationToken);

    Task<IReadOnlyList<RemoteFile>> FilesAsync(Guid project, RemoteFileQuery query, CancellationToken cancellationToken);
}

/// <summary>Stores the devices of users.</summary>
public interface IDeviceLedger
{
    /// <summary>
    /// Adds the device of a key, or updates what the device reports about itself. Its name and fingerprint do not change once they are
    /// known.
    /// </summary>
    /// <returns>The device, and whether the fingerprint is the known one.</returns>
    Task<(ProjectDevice Device, bool IsSameKey, bool IsNew)> RegisterAsync(ProjectDevice device, CancellationToken cancellationToken);

    Task<ProjectDevice?> OfKeyAsync(Guid key, CancellationToken cancellationToken);

    /// <summary>Returns the devices of a user in a tenant, the newest first.</summary>
    Task<IReadOnlyList<ProjectDevice>> ListAsync(string tenant, Guid user, CancellationToken cancellationToken);

    /// <returns>False if the user has no such device that is not revoked.</returns>
    Task<bool> RenameAsync(string tenant, Guid user, Guid device, string name, CancellationToken cancellationToken);

    /// <summary>Revokes a device with its key. Both rows stay, and the folders that the device serves go offline.</summary>
    /// <returns>False if the user has no such device.</returns>
    Task<bool> RevokeAsync(string tenant, Guid user, Guid device, CancellationToken cancellationToken);
}
