using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Statistics;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>The statements on figures and on the history find their rows by an index, at 100,000 rows.</summary>
public sealed class StatisticsPlanTests(StatisticsAtScale scale) : IClassFixture<StatisticsAtScale>
{
    private static readonly DateTime Now = TimeProvider.System.GetUtcNow().UtcDateTime;
    private static readonly PageKey After = new(null, null, Now.AddDays(-20), new UploadId(Guid.NewGuid()));

    [Fact]
    public Task History_of_all() => WalksAsync(new HistoryQuery(null, null), "finished_uploads_ended");

    [Fact]
    public Task History_of_a_tenant() => WalksAsync(new HistoryQuery("default", null), "finished_uploads_tenant", "finished_uploads_ended");

    [Fact]
    public Task History_of_a_state() => WalksAsync(
        new HistoryQuery("default", null) { States = [UploadState.Failed] }, "finished_uploads_state", "finished_uploads_all_states");

    [Fact]
    public Task History_of_a_state_of_all() => WalksAsync(
        new HistoryQuery(null, null) { States = [UploadState.Failed] }, "finished_uploads_all_states");

    [Fact]
    public async Task History_of_a_person()
    {
        var plan = await ExplainAsync(new HistoryQuery("default", "user 17"));
        Assert.Contains("finished_uploads_subject", plan.Indexes);
        // The table of links is small, so a scan is allowed.
        Assert.Empty(plan.Walked.Except(["links"]));
    }

    [Fact]
    public async Task History_by_a_part_of_a_name()
    {
        var plan = await ExplainAsync(new HistoryQuery("default", null) { Name = "port 4321" });
        Assert.Empty(plan.Walked);
        Assert.Contains("finished_uploads_name", plan.Indexes);
    }

    [Theory]
    [InlineData(null, "statistics_start")]
    [InlineData("default", "statistics_pkey")]
    public async Task Figures_of_a_range(string? tenant, string index)
    {
        var query = new StatisticsQuery(tenant, Now.AddDays(-7), Now, StatisticsStep.Hour);
        var plan = await scale.ExplainAsync(
            StatisticsQueries.Figures(query), new { Width = "hour", Tenant = tenant, From = Now.AddDays(-7), To = Now });
        Assert.Empty(plan.Walked);
        Assert.Contains(index, plan.Indexes);
    }

    [Fact]
    public async Task Reading_looks_only_at_what_is_not_counted()
    {
        var plan = await scale.ExplainInsideAsync(StatisticsQueries.Read, new { Limit = 1000 });
        Assert.Empty(plan.Walked.Except(["statistics_position"]));
        Assert.Contains("events_by_cursor", plan.Indexes);
        Assert.Contains("uploads_pkey", plan.Indexes);
        Assert.Contains(plan.Indexes, index => index.StartsWith("failed_attempts_", StringComparison.Ordinal));
        Assert.DoesNotContain(plan.WalkedIndexes, index => !index.StartsWith("statistics_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Trimming_looks_only_at_what_is_old()
    {
        var plan = await scale.ExplainInsideAsync(StatisticsQueries.Trim, new { Age = TimeSpan.FromDays(400), Limit = 100 });
        Assert.Empty(plan.Walked.Except(["statistics_batches"]));
        Assert.Contains("statistics_start", plan.Indexes);
        Assert.Contains("finished_uploads_ended", plan.Indexes);
    }

    private async Task WalksAsync(HistoryQuery query, params string[] either)
    {
        foreach (var after in new[] { null, After })
        {
            var plan = await ExplainAsync(query with { After = after });
            Assert.Empty(plan.Walked);
            Assert.Contains(plan.Indexes, index => either.Contains(index));
            Assert.Empty(plan.SortKeys);
        }
    }

    private Task<LedgerPlan> ExplainAsync(HistoryQuery query) => scale.ExplainAsync(StatisticsQueries.History(query), new
    {
        query.Tenant,
        query.Owner,
        State = "failed",
        States = new[] { "failed" },
        Name = "%port 4321%",
        AfterTime = query.After?.Time?.UtcDateTime,
        AfterId = query.After?.Id.Value,
        query.Limit,
    });
}
