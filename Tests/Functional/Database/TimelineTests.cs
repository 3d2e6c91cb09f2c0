using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>A ledger whose server is on another timeline than before: a standby was promoted, or a server was recovered.</summary>
public sealed class TimelineTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Facts = "select timeline || ' ' || generation || ' ' || may_sweep() from ledger";

    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public async Task Another_timeline_holds_the_sweep_and_without_a_standby_is_a_restored_ledger(bool needsStandby, int generation)
    {
        await using var ledger = new LedgerDatabase(
            new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance, new LedgerUse(NeedsStandby: needsStandby));
        await ledger.OpenAsync(await postgres.CreateDatabaseAsync(), None);
        await ledger.WatchTimelineAsync(None);
        Assert.Equal("00000001 1 true", await AskAsync(ledger, Facts));

        // Not noted yet, and still nothing may be swept.
        _ = await AskAsync(ledger, "update ledger set timeline = '0000000F'");
        Assert.Equal("0000000F 1 false", await AskAsync(ledger, Facts));

        ledger.DataSource.Clear();
        Assert.Equal($"00000001 {generation} false", await AskAsync(ledger, Facts));
        _ = await AskAsync(ledger, "update ledger set timeline_since = timeline_since - interval '59 minutes'");
        Assert.Equal($"00000001 {generation} false", await AskAsync(ledger, Facts));
        _ = await AskAsync(ledger, "update ledger set timeline_since = timeline_since - interval '1 minute'");
        Assert.Equal($"00000001 {generation} true", await AskAsync(ledger, Facts));

        // The timeline of another server says nothing: a ledger that was moved there has begun anew.
        _ = await AskAsync(ledger, "update ledger set server = 1, timeline = '0000000F', timeline_since = now()");
        ledger.DataSource.Clear();
        Assert.Equal($"00000001 {generation} true", await AskAsync(ledger, Facts));
    }

    private static async Task<string?> AskAsync(LedgerDatabase ledger, string text)
    {
        await using var connection = await ledger.OpenConnectionAsync(None);
        return await connection.ExecuteScalarAsync<string?>(text);
    }
}
