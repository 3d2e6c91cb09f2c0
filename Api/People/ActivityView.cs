using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.People;

/// <summary>The activity of a session's or a key's subject in its tenant.</summary>
internal sealed record ActivityView
{
    public const string Example = """
        {"openUploads":2,"storedBytes":20971520,"received":31457280,"sent":1048576,"network":"medium, unsteady"}
        """;

    /// <summary>Unfinished uploads, including those through links of the subject.</summary>
    public required long OpenUploads { get; init; }

    public required long StoredBytes { get; init; }

    /// <summary>Bytes of files in the last 35 days.</summary>
    public required long Received { get; init; }

    /// <summary>Bytes of files in the last 35 days.</summary>
    public required long Sent { get; init; }

    /// <summary>The class of the network from which the subject has uploaded last; null if it has not.</summary>
    public required string? Network { get; init; }
}

/// <summary>Reads what subjects do, for lists of sessions and keys.</summary>
internal sealed class Activities(IActivityLedger ledger, IAdviceLedger advice, AdviceRecorder recorder)
{
    public async Task<Func<ActiveSubject, ActivityView>> OfAsync(
        IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken)
    {
        var done = await ledger.OfAsync(subjects, cancellationToken);
        await recorder.FlushForReaderAsync(cancellationToken);
        var networks = (await advice.LastNetworksAsync(subjects, cancellationToken))
            .ToDictionary(network => new ActiveSubject(network.Key.Tenant, network.Key.Subject));
        return subject => new ActivityView
        {
            OpenUploads = done[subject].OpenUploads,
            StoredBytes = done[subject].StoredBytes,
            Received = done[subject].Received,
            Sent = done[subject].Sent,
            Network = networks.TryGetValue(subject, out var network) ? NetworkClass.Of(network.Figures).Word : null,
        };
    }
}
