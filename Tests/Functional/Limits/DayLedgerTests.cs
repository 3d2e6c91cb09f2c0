using ChunkUpload.Core.Limits;
using ChunkUpload.Infrastructure.Limits;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>The sums of a day in PostgreSQL.</summary>
public sealed class DayLedgerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_repeated_batch_counts_once()
    {
        await using var database = await postgres.CreateLedgerAsync();
        var ledger = new PostgresDayLedger(new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance));
        var day = new DateOnly(2026, 1, 1);
        var batch = new DayBatch(Guid.NewGuid(), [new DayUsage(day, "t", "", 20, 3)]);
        await ledger.AddAsync(batch, default);
        Assert.Equal([new DayUsage(day, "t", "", 20, 3)], Counts(await ledger.AddAsync(batch, default)));

        var sums = await ledger.AddAsync(batch with { Id = Guid.NewGuid() }, default);
        Assert.Equal([new DayUsage(day, "t", "", 40, 6)], Counts(sums));
        Assert.Equal(sums, await ledger.OfDayAsync(day, null, default));

        // Another node asks for what has changed since it asked last.
        Assert.Equal(sums, await ledger.OfDayAsync(day, sums[0].ChangedAt, default));
        var later = await ledger.AddAsync(new DayBatch(Guid.NewGuid(), [new DayUsage(day, "u", "", 1, 0)]), default);
        Assert.Equal(later, await ledger.OfDayAsync(day, later[0].ChangedAt, default));
        Assert.True(later[0].ChangedAt > sums[0].ChangedAt);
    }

    private static IEnumerable<DayUsage> Counts(IEnumerable<DayUsage> sums) => sums.Select(sum => sum with { ChangedAt = default });
}
