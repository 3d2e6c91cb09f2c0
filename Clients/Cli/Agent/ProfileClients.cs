using ChunkUpload.Agent;
using ChunkUpload.Cli.Login;
using ChunkUpload.Client;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Cli.Agent;

/// <summary>
/// Creates the clients of queued work with the keys of profiles and key files, which may have changed since it was queued.
/// </summary>
internal sealed class ProfileClients : IWorkClients, IDisposable
{
    // Entries that follow one another use the same connections.
    private readonly Connections _connections = new();

    public ChunkUploadClient Open(QueuedWork work, IReadOnlyList<BandwidthLimit> limits, Action<PastTransfer> ended)
    {
        try
        {
            return new Target(Target.Address(work.Url), KeyOf(work), "", null).Client(limits, ended, _connections);
        }
        catch (UsageException failure)
        {
            throw new TransferException(TransferFailure.Authentication, failure.Message, failure);
        }
    }

    public void Dispose() => _connections.Dispose();

    private static string? KeyOf(QueuedWork work)
    {
        if (work.Profile is not { } name)
            return work.KeyFile is null ? null : Target.KeyIn(work.KeyFile);
        if (!Settings.Load().Profiles.TryGetValue(name, out var profile) || Target.Address(profile.Url) != Target.Address(work.Url))
            throw new UsageException($"The profile {name} has no key for {work.Url} any more: run cu login, then cu retry.");
        return KeyStore.Find(name, profile);
    }
}
