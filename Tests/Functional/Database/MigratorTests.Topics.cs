using ChunkUpload.Infrastructure.Database;
using Dapper;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>Events that an earlier version recorded get the topic that they are about.</summary>
public sealed partial class MigratorTests
{
    [Fact]
    public async Task Events_of_an_earlier_version_get_their_topics()
    {
        var migrations = LedgerSchema.Embedded().Migrations.ToList();
        var topics = migrations.FindIndex(migration => migration.Name == "topics");
        await RunAsync([.. migrations.Take(topics)]);
        await ExecuteAsync(
            """
            insert into events (tenant, subject, upload_id, kind, data) values
                ('t', 'user:a', '11111111-2222-3333-4444-555555555555', 'created', '{}'),
                ('t', 'user:a', null, 'entries_changed', '{"space":"8f14e45fceea167a5a36dedd4bea2543","from":1,"to":1}'),
                ('', 'service', null, 'job_ended', '{"job":"scrub-files"}'),
                ('', 'service', null, 'store_healthy', '{}'),
                ('', 'service', null, 'certificate_ends', '{"file":"a.pem"}');
            """);
        await RunAsync([.. migrations]);

        await using var connection = await _source.OpenConnectionAsync();
        Assert.Equal(
            [
                "created upload  ", "entries_changed space 8f14e45fceea167a5a36dedd4bea2543 user:a", "job_ended job scrub-files service",
                "store_healthy store main service", "certificate_ends certificate a.pem service",
            ],
            await connection.QueryAsync<string>(
                "select concat(kind, ' ', topic_kind, ' ', topic_id, ' ', owner) from events order by id"));
    }
}
