using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// A service that is a node of a ledger. It reaches PostgreSQL and the bucket, and other nodes reach it, through proxies that can be cut.
/// </summary>
internal sealed class LabNode
{
    private static readonly string[] Secrets = ["operator.key", "cookie.key"];

    private LabNode(string name, LabService service, IReadOnlyList<LinkProxy> databases, LinkProxy? bucket, LinkProxy link) =>
        (Name, Service, Databases, Bucket, Link) = (name, service, databases, bucket, link);

    public string Name { get; }

    public LabService Service { get; }

    /// <summary>Gets the way to each PostgreSQL server.</summary>
    public IReadOnlyList<LinkProxy> Databases { get; }

    /// <summary>Gets the way to the bucket; null if the node receives to its disk.</summary>
    public LinkProxy? Bucket { get; }

    /// <summary>Gets the way of other nodes to this one.</summary>
    public LinkProxy Link { get; }

    /// <param name="servers">The PostgreSQL server, or several of which one is the primary and the others are its standbys.</param>
    /// <param name="bucket">The bucket into which the node receives; null if it receives to its disk.</param>
    /// <param name="first">The node that runs already; its secrets are those of all. Null if this is the first.</param>
    public static async Task<LabNode> StartAsync(
        LabRun run, string name, IReadOnlyList<OwnCluster> servers, LabBucket? bucket, LabNode? first,
        CancellationToken cancellationToken)
    {
        int listen;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            listen = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var databases = servers.Select(server => new LinkProxy(run, server.Port)).ToList();
        var toBucket = bucket is null ? null : new LinkProxy(run, bucket.Port);
        var link = new LinkProxy(run, listen);
        var service = new LabService(run, run.MakeFolder($"data-{name}"))
        {
            Settings =
            {
                "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt([.. databases.Select(database => database.Port)]),
                "--Database:MaxPoolSize=12",
                "--Proxy:Trusted=127.0.0.1",
                $"--Cluster:Node={name}",
                string.Create(CultureInfo.InvariantCulture, $"--Cluster:Listen=127.0.0.1:{listen}"),
                string.Create(CultureInfo.InvariantCulture, $"--Cluster:Address=127.0.0.1:{link.Port}"),
            },
        };
        if (servers.Count > 1)
            service.Settings.Add("--Cluster:Standby=Required");
        if (toBucket is not null)
            service.Settings.AddRange(LabBucket.SettingsAt(toBucket.Port));
        if (first is not null)
        {
            await service.CommandAsync("add-volume", cancellationToken);
            foreach (var secret in Secrets)
            {
                var copy = Path.Combine(service.Data, secret);
                await File.WriteAllBytesAsync(
                    copy, await File.ReadAllBytesAsync(Path.Combine(first.Service.Data, secret), cancellationToken), cancellationToken);
                File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        await service.StartAsync(cancellationToken);
        return new LabNode(name, service, databases, toBucket, link);
    }
}
