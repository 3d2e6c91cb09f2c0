namespace ChunkUpload.Core.Access;

/// <summary>The activity of a subject in a tenant.</summary>
/// <param name="StoredBytes">The bytes of uploads that are not deleted.</param>
/// <param name="Received">File bytes received on the days that the ledger keeps; <paramref name="Sent"/> covers the same
/// days.</param>
public sealed record Activity(long OpenUploads, long StoredBytes, long Received, long Sent);

/// <summary>Reads the activity of subjects.</summary>
public interface IActivityLedger
{
    /// <summary>Returns the activity of each of these subjects.</summary>
    Task<IReadOnlyDictionary<ActiveSubject, Activity>> OfAsync(
        IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken);
}

public readonly record struct ActiveSubject(string Tenant, string Subject);
