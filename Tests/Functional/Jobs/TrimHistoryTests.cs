using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class TrimHistoryTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Forgets_what_ended_long_ago_and_nothing_that_is_there()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (finished, _) = await rig.FinishedAsync(1);
        var ended = await rig.SessionAsync(100);
        var recent = await rig.SessionAsync(100);
        foreach (var id in (UploadId[])[ended, recent])
        {
            await rig.Ledger.EndAsync(Caller.Operator, id, UploadState.Cancelled, "Not wanted.", CancellationToken.None);
            await rig.Ledger.ReclaimAsync(id, 100, CancellationToken.None);
        }

        await rig.SqlAsync("update uploads set state_at = now() - interval '31 days' where id = any (@Ids)",
            new { Ids = new[] { finished.Value, ended.Value } });
        await rig.SqlAsync("update events set at = now() - interval '31 days' where upload_id = @Id", new { Id = ended.Value });

        await rig.SqlAsync("select chain_audit(1000); update audit set at = now() - interval '366 days'");
        var report = await new TrimHistory(
                rig.Ledger, rig.Audit, Options.Create(new JobsOptions()), Options.Create(new AuditOptions()))
            .RunAsync(new SilentProgress(), CancellationToken.None);

        Assert.True(report.Counts["rows"] >= 2);
        Assert.Equal(6, report.Counts["blanked"]);
        Assert.Null(await rig.Ledger.GetAsync(ended, CancellationToken.None));
        Assert.NotNull(await rig.Ledger.GetAsync(recent, CancellationToken.None));
        Assert.NotNull(await rig.Ledger.GetAsync(finished, CancellationToken.None));
    }
}
