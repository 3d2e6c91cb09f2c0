using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>One service as it is by default, for all tests of a class that need no other.</summary>
public sealed class TusFixture(PostgresFixture postgres) : IAsyncLifetime
{
    internal TestService Service { get; private set; } = null!;

    internal TusClient Client { get; private set; } = null!;

    public PostgresFixture Postgres => postgres;

    /// <summary>What the ledger has of an upload.</summary>
    internal async Task<Upload> UploadAsync(string path)
    {
        Assert.True(UploadId.TryParse(path.Split('/')[^1], out var id));
        return (await Service.Services.GetRequiredService<IUploadLedger>().FindAsync(Caller.Operator, id, CancellationToken.None))!;
    }

    internal async Task<int> CountAsync() =>
        (await Service.Services.GetRequiredService<UploadDesk>().ListAsync(
            new UploadQuery(Caller.Operator) { Limit = 1000, WithParts = true }, CancellationToken.None)).Items.Count;

    public async Task InitializeAsync()
    {
        Service = await TestService.StartAsync(postgres);
        Client = new TusClient(Service.Client);
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
