using System.IO.Pipelines;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connectors.Own;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>What no connector expects is shown to the owner of a transfer or a pair, who would see it listing for ever otherwise.</summary>
public sealed class UnexpectedFailureTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime, IDisposable
{
    private readonly TempFolder _disk = new();
    private readonly Switch _switch = new();
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(
        postgres,
        new Dictionary<string, string>
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
            ["Connections:Folders"] = $"Disk|{_disk.Path}|both|operator",
        },
        services =>
        {
            _ = services.Remove(services.Single(one => one.ImplementationType == typeof(OwnConnector)));
            _ = services.AddSingleton<OwnConnector>().AddSingleton<IConnector>(
                provider => new Breaking(provider.GetRequiredService<OwnConnector>(), _switch));
        });

    public async Task DisposeAsync() => await _service.DisposeAsync();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task A_transfer_fails_with_a_reason()
    {
        await TransferRig.PutAsync(Client, "tree/a.txt", [1]);
        _switch.Breaks = true;
        var transfer = await OneDriveRig.TransferAsync(
            Client, null, await DiskAsync(), ".", null, await TransferRig.EntryAsync(Client, "tree"));
        await TransferRig.UntilAsync(Client, transfer, "failed");
        var events = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/events");
        Assert.Contains("An internal error", events.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pair_waits_with_a_reason()
    {
        await TransferRig.PutAsync(Client, "pair/a.txt", [1]);
        var left = new { folder = await TransferRig.EntryAsync(Client, "pair") };
        using var answer = await Client.PostAsJsonAsync(
            "/api/syncs", new { title = "pair", left, right = new { connection = await DiskAsync(), folder = "." }, interval = 10 });
        var pair = (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString();
        await Eventually.HoldsAsync(async () => (await StateAsync()).State == "in_step");
        _switch.Breaks = true;
        using (var run = await Client.PostAsync($"/api/syncs/{pair}/run", null))
            await TransferRig.ReadAsync(run, 200);
        await Eventually.HoldsAsync(
            async () => await StateAsync() is ("waiting", { } reason) && reason.StartsWith("An internal error", StringComparison.Ordinal));

        async Task<(string? State, string? Reason)> StateAsync()
        {
            var view = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}");
            return (view.GetProperty("state").GetString(), view.GetProperty("reason").GetString());
        }
    }

    private async Task<string> DiskAsync() => (await Client.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items")
        .EnumerateArray().Single().GetProperty("id").GetString()!;

    private sealed class Switch
    {
        public volatile bool Breaks;
    }

    private sealed class Breaking(OwnConnector inner, Switch state) : IConnector
    {
        public string Kind => inner.Kind;

        public bool NeedsConnection => inner.NeedsConnection;

        public ISource? Source(ConnectorContext context) => new BreakingSource(inner.Source(context), state);

        public ISink? Sink(ConnectorContext context) => inner.Sink(context);

        public Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken) =>
            inner.AccountAsync(context, cancellationToken);

        public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) =>
            inner.RevokeAsync(context, cancellationToken);

        public string? Fault(ConnectionSecret secret) => inner.Fault(secret);
    }

    private sealed class BreakingSource(ISource inner, Switch state) : ISource
    {
        public SourceTraits Traits => inner.Traits;

        public Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken) =>
            state.Breaks
                ? throw new InvalidOperationException("This is not expected.")
                : inner.ListAsync(folder, cursor, cancellationToken);

        public Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken) =>
            inner.StatAsync(id, cancellationToken);

        public Task<StorageFault?> ReadAsync(
            SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken) =>
            inner.ReadAsync(item, offset, length, into, cancellationToken);
    }
}
