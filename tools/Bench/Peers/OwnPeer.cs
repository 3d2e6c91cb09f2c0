using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>The service, through <c>tools/run</c>, with its embedded database in a control group of its own.</summary>
internal static class OwnPeer
{
    public static async Task<Peer> StartAsync(PeerKind kind, BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        var group = ControlGroup.Create();
        var service = await ServiceProcess.StartAsync(
            options with { Settings = [.. kind.Settings, .. options.Settings] }, folder, cancellationToken, group);
        var database = ControlGroup.Create();
        // The postmaster first: its later children are born in the group, and its earlier ones are listed here.
        database.Add(service.Postmaster);
        foreach (var process in group.Processes.Where(process => process != service.ProcessId))
            database.Add(process);
        return new Peer
        {
            Kind = kind,
            Address = service.Address,
            Key = service.Key,
            Group = group,
            Database = database,
            Process =
            service
        };
    }
}
