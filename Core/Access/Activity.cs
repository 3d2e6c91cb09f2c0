namespace ChunkUpload.Core.Access;

/// <summary>The activity of a subject in a tenant.</summary>
/// <param name="StoredBytes">Of uploads that are there.</param>
/// <param name="Received">Bytes of files in the last days for which they are known, as is sent.</param>
public sealed record Activity(long OpenUploads, long StoredBytes, long Received, long Sent);

/// <summary>Reads what subjects do.</summary>
public interface IActivityLedger
{
    /// <summary>Of each that is asked for.</summary>
    Task<IReadOnlyDictionary<ActiveSubject, Activity>> OfAsync(
        IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken);
}

public readonly record struct ActiveSubject(string Tenant, string Subject);
