using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Unit.Nodes;

/// <summary>What a node logs about itself, beside no other one.</summary>
public sealed class NodeWatchTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(29, false)]
    [InlineData(-29, false)]
    [InlineData(31, true)]
    [InlineData(-31, true)]
    public async Task A_clock_that_differs_from_the_databases_is_named_at_the_start(int seconds, bool isNamed)
    {
        var time = new ManualTime();
        var lines = await StartAsync(time, Here(time.GetUtcNow() - TimeSpan.FromSeconds(seconds)), new NodeDrain());
        Assert.Equal(isNamed, lines.Any(line => line.Contains(
            $"The clock of this machine differs from the database's by {seconds} s", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true, "Information NodeWatch: The node a is drained: it begins no uploads and takes no work until it is resumed")]
    [InlineData(false, "Information NodeWatch: The node a takes uploads and work again")]
    public async Task Draining_and_its_end_are_logged_once(bool drains, string expected)
    {
        var (time, drain) = (new ManualTime(), new NodeDrain { IsDraining = !drains });
        var node = Here(time.GetUtcNow()) with { DrainingSince = drains ? time.GetUtcNow() : null };
        var lines = await StartAsync(time, node, drain);
        // No other node takes work.
        Assert.Equal((expected, drains ? 2 : 1, drains), (lines[0], lines.Count, drain.Waiting is not null));
        Assert.Equal(drains, drain.IsDraining);
        Assert.Empty(await StartAsync(time, node, drain));
    }

    private static Node Here(DateTimeOffset readAt) =>
        new(Guid.NewGuid(), "a", Guid.NewGuid(), 1, "10.0.0.5:8444", [], new Dictionary<string, string>(), IsRunning: true)
        {
            IsHere = true,
            ReadAt = readAt,
        };

    private static async Task<IReadOnlyList<string>> StartAsync(ManualTime time, Node node, NodeDrain drain)
    {
        using var lines = new LogLines();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(new Named(lines)));
        // The links to other nodes are not used: there is none.
        using var watch = new NodeWatch(
            new Ledger(node), null!, new NodeLinks(), new OtherStores(), null!, null!, new OtherFolders(), drain, new SharedUsage(),
            new ClusterOptions { Node = "a" }, time, factory.CreateLogger<NodeWatch>());
        await watch.StartAsync(CancellationToken.None);
        await watch.StopAsync(CancellationToken.None);
        return lines.All;
    }

    private sealed class Named(LogLines lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => lines.CreateLogger(categoryName.Split('.')[^1]);

        public void Dispose()
        {
        }
    }

    private sealed class Ledger(Node node) : INodeLedger
    {
        public Task<IReadOnlyList<Node>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Node>>([node]);

        public Task<bool> JoinAsync(
            string name, string address, byte[] fingerprint, IReadOnlyDictionary<string, string> settings,
            CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task TellAsync(NodeFigures figures, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task NoteAsync(Node node, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<bool> DrainAsync(string name, bool drains, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ForgetAnswer> ForgetAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> NamesAsync(StoredFile file, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
