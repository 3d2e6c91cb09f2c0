using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Nodes;

/// <summary>
/// Services on one PostgreSQL server, each in a control group of its own: nodes of one ledger, or alone with a ledger of their own. The
/// server is the private cluster of one more service, which is idle.
/// </summary>
internal sealed class ServiceNodes : IAsyncDisposable
{
    private const string ServerConnections = "--Database:MaxPoolSize=200";

    private static readonly string[] Secrets = ["operator.key", "cookie.key"];
    private static readonly PeerKind Ours = PeerKind.All.Single(kind => kind.Name == PeerKind.Ours);

    private readonly BenchOptions _options;
    private readonly string _folder;
    private readonly List<Peer> _running = [];

    // Those of killed services.
    private readonly List<ControlGroup> _groups = [];

    private ServiceProcess _server = null!;

    private ServiceNodes(BenchOptions options, string folder) => (_options, _folder) = (options, folder);

    /// <param name="folder">Where the data directories are made.</param>
    public static async Task<ServiceNodes> StartAsync(BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        var nodes = new ServiceNodes(options, folder);
        nodes._server = await ServiceProcess.StartAsync(
            options with { Settings = [ServerConnections] }, Path.Combine(folder, "postgres"), cancellationToken);
        return nodes;
    }

    /// <summary>Starts a service that is alone on a ledger of its own.</summary>
    public async Task<Peer> AloneAsync(string ledger, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        CreateLedger(ledger);
        return await RunAsync(Path.Combine(_folder, ledger), [Connection(ledger), .. settings], cancellationToken);
    }

    /// <summary>Starts the nodes <c>a</c> and <c>b</c> on a ledger of their own.</summary>
    public async Task<(Peer A, Peer B)> PairAsync(string ledger, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        CreateLedger(ledger);
        var a = await NodeAsync(ledger, "a", settings, cancellationToken);
        var of = DirectoryOf(ledger, "b");
        await ServiceProcess.RunAsync(_options, ["add-volume", "--data", of, .. SettingsOf(ledger, "b"), .. settings], cancellationToken);
        foreach (var secret in Secrets)
        {
            var copy = Path.Combine(of, secret);
            await File.WriteAllBytesAsync(
                copy, await File.ReadAllBytesAsync(Path.Combine(DirectoryOf(ledger, "a"), secret), cancellationToken), cancellationToken);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var b = await NodeAsync(ledger, "b", settings, cancellationToken);
        await MeetAsync(a, "b", 1, cancellationToken);
        await MeetAsync(b, "a", 1, cancellationToken);
        return (a, b);
    }

    /// <summary>Starts a node whose data directory exists, or that is the first one.</summary>
    public Task<Peer> NodeAsync(string ledger, string name, IReadOnlyList<string> settings, CancellationToken cancellationToken) =>
        RunAsync(DirectoryOf(ledger, name), [.. SettingsOf(ledger, name), .. settings], cancellationToken);

    /// <summary>Waits until a node has noticed that another one runs.</summary>
    /// <param name="times">How often the other one has started since.</param>
    public static Task MeetAsync(Peer node, string other, int times, CancellationToken cancellationToken) =>
        ((ServiceProcess)node.Process).SaidAsync($"The node {other} at 127.0.0.1", times, cancellationToken);

    /// <summary>Kills a node, without a chance to end anything.</summary>
    public void Kill(Peer node)
    {
        ((ServiceProcess)node.Process).Kill();
        _ = _running.Remove(node);
        _groups.Add(node.Group);
    }

    /// <summary>Stops a service before the others.</summary>
    public async Task StopAsync(Peer node)
    {
        _ = _running.Remove(node);
        await node.DisposeAsync();
    }

    /// <summary>Reads one value from a ledger.</summary>
    public string Ask(string ledger, string sql) => _server.Ask(sql, ledger);

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _running)
            await peer.DisposeAsync();
        foreach (var group in _groups)
            await group.DisposeAsync();
        await _server.DisposeAsync();
    }

    private void CreateLedger(string ledger) => _server.Ask($"create database {ledger} encoding 'UTF8' template template0");

    private string DirectoryOf(string ledger, string name) => Path.Combine(_folder, $"{ledger}-{name}");

    private string Connection(string ledger) => $"--ConnectionStrings:Ledger={_server.ConnectionTo(ledger)}";

    private string[] SettingsOf(string ledger, string name) =>
        [Connection(ledger), $"--Cluster:Node={name}", "--Cluster:Listen=127.0.0.1:0"];

    private async Task<Peer> RunAsync(string data, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        var group = ControlGroup.Create();
        var service = await ServiceProcess.StartAsync(
            _options with { Settings = [.. settings, .. _options.Settings] }, data, cancellationToken, group);
        var peer = new Peer { Kind = Ours, Address = service.Address, Key = service.Key, Group = group, Process = service };
        _running.Add(peer);
        return peer;
    }
}
