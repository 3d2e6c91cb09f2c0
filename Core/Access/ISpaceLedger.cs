namespace ChunkUpload.Core.Access;

/// <summary>Stores team spaces and their members.</summary>
public interface ISpaceLedger
{
    /// <summary>Makes a team space that belongs to the caller, who is its first member.</summary>
    /// <param name="most">How many team spaces the caller may have; null means any number.</param>
    /// <returns>Null if the caller already has that many.</returns>
    Task<EntryId?> AddTeamAsync(Caller caller, string name, int? most, CancellationToken cancellationToken);

    Task RenameAsync(EntryId space, string name, CancellationToken cancellationToken);

    /// <summary>Removes a team space. Its files are freed when the trash is purged.</summary>
    /// <param name="contents">Whether a space with files or folders, also in its trash, may be removed.</param>
    /// <returns>False if the space is not empty and <paramref name="contents"/> is false.</returns>
    Task<bool> RemoveAsync(EntryId space, bool contents, CancellationToken cancellationToken);

    /// <summary>Returns the members in the order of their subjects.</summary>
    Task<IReadOnlyList<SpaceMember>> MembersAsync(EntryId space, CancellationToken cancellationToken);

    /// <summary>Returns the names of the subjects that are users or keys of the tenant, or operators.</summary>
    Task<IReadOnlyList<SubjectName>> NamesAsync(
        string tenant, IReadOnlyCollection<SubjectId> subjects, CancellationToken cancellationToken);

    /// <summary>Returns users of the space's tenant whose names contain the text and who are not members, ordered by name.</summary>
    Task<IReadOnlyList<SubjectName>> FindPeopleAsync(EntryId space, string text, int most, CancellationToken cancellationToken);

    /// <returns>False if the subject is neither a user of the space's tenant nor a key of its own.</returns>
    Task<bool> SetMemberAsync(EntryId space, SubjectId subject, bool canChange, CancellationToken cancellationToken);

    /// <returns>False if there is no such member.</returns>
    Task<bool> RemoveMemberAsync(EntryId space, SubjectId subject, CancellationToken cancellationToken);
}

/// <param name="Name">The subject's name; null if the user or key was removed.</param>
public sealed record SpaceMember(string Subject, string? Name, bool CanChange);

public sealed record SubjectName(string Subject, string Name);

/// <summary>A user or a key as the member of a space.</summary>
public readonly record struct SubjectId(Guid? User, Guid? Key)
{
    private const string UserKind = "user:";
    private const string KeyKind = "key:";

    public static SubjectId? Parse(string? subject)
    {
        if (subject is null)
            return null;
        if (subject.StartsWith(UserKind, StringComparison.Ordinal) && Guid.TryParseExact(subject[UserKind.Length..], "n", out var user))
            return new SubjectId(user, null);
        return subject.StartsWith(KeyKind, StringComparison.Ordinal) && Guid.TryParseExact(subject[KeyKind.Length..], "n", out var key)
            ? new SubjectId(null, key)
            : null;
    }

    public override string ToString() => User is { } user ? Caller.UserSubject(user) : Caller.KeySubject(Key!.Value);
}
