using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// A service that is a node of a ledger. It reaches PostgreSQL, and other nodes reach it, through proxies that can be cut.
/// </summary>
internal sealed class LabNode
{
    private static readonly string[] Secrets = ["operator.key", "cookie.key"];

    private LabNode(string name, LabService service, LinkProxy database, LinkProxy link) =>
        (Name, Service, Database, Link) = (name, service, database, link);

    public string Name { get; }

    public LabService Service { get; }

    public LinkProxy Database { get; }

    /// <summary>Gets the way of other nodes to this one.</summary>
    public LinkProxy Link { get; }

    /// <param name="first">The node that runs already; its secrets are those of all. Null if this is the first.</param>
    public static async Task<LabNode> StartAsync(
        LabRun run, string name, OwnCluster cluster, LabNode? first, CancellationToken cancellationToken)
    {
        int listen;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            listen = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var (database, link) = (new LinkProxy(run, cluster.Port), new LinkProxy(run, listen));
        var service = new LabService(run, run.MakeFolder($"data-{name}"))
        {
            Settings =
            {
                "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(database.Port),
                "--Database:MaxPoolSize=12",
                "--Proxy:Trusted=127.0.0.1",
                $"--Cluster:Node={name}",
                string.Create(CultureInfo.InvariantCulture, $"--Cluster:Listen=127.0.0.1:{listen}"),
                string.Create(CultureInfo.InvariantCulture, $"--Cluster:Address=127.0.0.1:{link.Port}"),
            },
        };
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
        return new LabNode(name, service, database, link);
    }
}
