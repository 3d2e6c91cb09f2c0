using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;

namespace ChunkUpload.Tests.Contracts;

public sealed class PostgresLedgerTests(LedgerFixture fixture) : UploadLedgerContract, IClassFixture<LedgerFixture>
{
    protected override Task PrepareAsync() => fixture.EmptyAsync();

    protected override Task CleanAsync() => fixture.CloseAsync();

    private protected override PostgresUploadLedger Open(Incarnation incarnation) => fixture.Open(incarnation);

    protected override Task AgeAsync(TimeSpan by) => fixture.AgeAsync(by);

    protected override Task<IAsyncDisposable> HoldAsync(UploadId id) => fixture.HoldAsync(id);

    protected override Task WaitingAsync(int operations) => fixture.WaitingAsync(operations);

    protected override async Task<IReadOnlyList<string>> EventsAsync(UploadId id)
    {
        await using var connection = await fixture.OpenAsync();
        return (await connection.QueryAsync<string>("select kind from events where upload_id = @Id order by id", new { Id = id.Value }))
            .AsList();
    }
}
