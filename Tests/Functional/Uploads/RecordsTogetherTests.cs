using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>A batch of records leaves the same state as single records, or nothing.</summary>
public sealed class RecordsTogetherTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private const int Size = 100;

    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly Guid Store = Guid.NewGuid();

    private readonly Incarnation _incarnation = new();
    private PostgresUploadLedger _ledger = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        // Its clock stands still, so a record that waits for a batch waits until that batch ends.
        _ledger = fixture.Open(_incarnation, queueTime: new ManualTime());
        await _ledger.BeginIncarnationAsync(TestNode.Begun(Store, "boot", Durability.Committed), None);
        await using var connection = await fixture.OpenAsync();
        await connection.ExecuteAsync("update service_clock set seconds = 77");
    }

    public Task DisposeAsync() => fixture.CloseAsync();

    [Theory]
    [InlineData(100)]
    [InlineData(null)]
    public async Task Creations(int? size)
    {
        var alone = New() with { Size = size, IsPart = true, Slides = false };
        Assert.True((await _ledger.CreateAsync(alone, None)).Ok);
        var several = Enumerable.Range(0, 5).Select(_ => alone with { Id = UploadId.New() }).ToList();

        var created = await TogetherAsync(() => several.Select(upload => _ledger.CreateAsync(upload, None)));

        Assert.All(created, result => Assert.True(result.Ok && result.Value.Fresh));
        Assert.Equal(several.Select(upload => upload.Id), created.Select(result => result.Value!.Upload.Id));
        await SameAsync(alone.Id, several.Select(upload => upload.Id));
    }

    [Theory]
    [InlineData(true, false, "open")]
    [InlineData(false, true, "open")]
    [InlineData(true, true, "paused")]
    public async Task Completions(bool slides, bool isPart, string state)
    {
        var uploads = Enumerable.Range(0, 6).Select(_ => New() with { Slides = slides, IsPart = isPart, DeclaredSha256 = Digest("all") })
            .ToList();
        foreach (var upload in uploads)
            Assert.True((await _ledger.CreateAsync(upload, None)).Ok);
        await using (var connection = await fixture.OpenAsync())
            await connection.ExecuteAsync("update uploads set state = @state, consecutive_failures = 3, state_reason = 'x'", new { state });
        var alone = await _ledger.CheckpointAsync(Last(uploads[0].Id), None);
        Assert.Equal(RecordOutcome.Recorded, alone.Outcome);

        var answers = await TogetherAsync(() => uploads[1..].Select(upload => _ledger.CheckpointAsync(Last(upload.Id), None)));

        Assert.All(answers, answer => Assert.Equal((RecordOutcome.Recorded, UploadState.Completed, alone.Upload!.IdleFor),
            (answer.Outcome, answer.Upload!.State, answer.Upload.IdleFor)));
        Assert.Equal(uploads[1..].Select(upload => upload.Id), answers.Select(answer => answer.Upload!.Id));
        await SameAsync(uploads[0].Id, uploads[1..].Select(upload => upload.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Creations_with_all_bytes(bool isPart)
    {
        var uploads = Enumerable.Range(0, 6).Select(_ => New() with { IsPart = isPart }).ToList();
        StreamCheckpoint Record(NewUpload upload) => Last(upload.Id) with { Creates = upload };
        Assert.Equal(RecordOutcome.Recorded, (await _ledger.CheckpointAsync(Record(uploads[0]), None)).Outcome);

        var answers = await TogetherAsync(() => uploads[1..].Select(upload => _ledger.CheckpointAsync(Record(upload), None)));

        Assert.All(answers, answer => Assert.Equal(RecordOutcome.Recorded, answer.Outcome));
        Assert.Equal(uploads[1..].Select(upload => upload.Id), answers.Select(answer => answer.Upload!.Id));
        await SameAsync(uploads[0].Id, uploads[1..].Select(upload => upload.Id));
    }

    [Theory]
    [InlineData("state = 'cancelled'", RecordOutcome.Refused)]
    [InlineData("damaged_at = now()", RecordOutcome.Refused)]
    [InlineData("epoch = 1", RecordOutcome.Conflict)]
    [InlineData("received_bytes = 5, placed_bytes = 5", RecordOutcome.Conflict)]
    [InlineData("declared_sha256 = sha256('other')", RecordOutcome.Refused)]
    [InlineData("size = 99", RecordOutcome.BeyondSize)]
    [InlineData("protocol = 'session'", RecordOutcome.Refused)]
    public async Task Rejected_record_of_a_batch_leaves_the_others_recorded(string change, RecordOutcome outcome)
    {
        var ids = await CreateAsync(5);
        await using (var connection = await fixture.OpenAsync())
            await connection.ExecuteAsync($"update uploads set {change} where id = @Id", new { Id = ids[2].Value });

        var answers = await TogetherAsync(() => ids.Select(id => _ledger.CheckpointAsync(Last(id), None)), together: false);

        Assert.Equal([RecordOutcome.Recorded, RecordOutcome.Recorded, outcome, RecordOutcome.Recorded, RecordOutcome.Recorded],
            answers.Select(answer => answer.Outcome));
        Assert.Equal(4, await fixture.AskAsync<int>("select count(*) from extents"));
        Assert.Equal(0, await fixture.AskAsync<int>("select count(*) from extents where upload_id = @Id", new { Id = ids[2].Value }));
    }

    [Fact]
    public async Task Repeated_record_is_answered_as_recorded()
    {
        var uploads = Enumerable.Range(0, 5).Select(_ => New()).ToList();
        var records = uploads.ConvertAll(upload => Last(upload.Id) with { Creates = upload });
        var plain = (await CreateAsync(5)).ConvertAll(id => Last(id));
        for (var time = 0; time < 2; time++)
        {
            Assert.All(
                await TogetherAsync(() => records.Concat(plain).Select(record => _ledger.CheckpointAsync(record, None)), together: false),
                answer => Assert.Equal((RecordOutcome.Recorded, UploadState.Completed), (answer.Outcome, answer.Upload!.State)));
        }

        Assert.Equal((10, 10, 10, 20), (
            await fixture.AskAsync<int>("select count(*) from uploads where state = 'completed'"),
                await fixture.AskAsync<int>("select count(*) from extents"),
            await fixture.AskAsync<int>("select count(*) from stored_files"), await fixture.AskAsync<int>("select count(*) from events")));
    }

    [Fact]
    public async Task Record_that_fails_at_commit_is_not_acknowledged()
    {
        await using var connection = await fixture.OpenAsync();
        var plain = await CreateAsync(4);
        // Checked at commit, not before.
        await connection.ExecuteAsync("""
            create function refuse_commit() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
            create constraint trigger refuse_commit after insert on extents deferrable initially deferred for each row
            when (new.length = 100) execute function refuse_commit()
            """);
        try
        {
            var records = await TogetherAsync(
                () => plain.Select(id => FailedAsync(_ledger.CheckpointAsync(Last(id), None))), together: false, before: 99);
            Assert.All(records, Assert.True);
        }
        finally
        {
            await connection.ExecuteAsync("drop trigger refuse_commit on extents; drop function refuse_commit()");
        }

        Assert.Equal(0, await fixture.AskAsync<int>("select count(*) from extents"));

        static async Task<bool> FailedAsync(Task record)
        {
            await record.ContinueWith(_ => { }, TaskScheduler.Default);
            return record.Exception?.InnerException is PostgresException;
        }
    }

    [Fact]
    public async Task A_fenced_incarnation_records_none_of_them()
    {
        var ids = await CreateAsync(4);
        var fresh = Enumerable.Range(0, 4).Select(_ => New()).ToList();
        var arriving = Enumerable.Range(0, 4).Select(_ => New()).ToList();
        await using (var connection = await fixture.OpenAsync())
            await connection.ExecuteAsync("update incarnations set fenced_at = now()");

        // All but the first wait while that one is refused.
        var creating = fresh.ConvertAll(upload => _ledger.CreateAsync(upload, None));
        var recording = ids.ConvertAll(id => _ledger.CheckpointAsync(Last(id), None));
        recording.AddRange(arriving.Select(upload => _ledger.CheckpointAsync(Last(upload.Id) with { Creates = upload }, None)));

        Assert.All(await Task.WhenAll(recording), answer => Assert.Equal(RecordOutcome.Fenced, answer.Outcome));
        foreach (var creation in creating)
            await Assert.ThrowsAsync<ProcessReplacedException>(() => creation);
        Assert.Equal(0, await fixture.AskAsync<int>("select count(*) from extents"));
        Assert.Equal(4, await fixture.AskAsync<int>("select count(*) from uploads"));
    }

    private static NewUpload New() => new(
        UploadId.New(), Caller.Operator, UploadProtocol.Tus, "a name", "text/plain", new Dictionary<string, string> { ["key"] = "a value" },
            Size, null,
        TimeSpan.FromHours(1), null, null)
    { ProtocolState = new Dictionary<string, string> { ["fact"] = "so" } };

    private static Sha256Digest Digest(string text) =>
        new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private StreamCheckpoint Last(UploadId id) => new(
        id, 0, 0, Size, StoredFile.New(Store, StoredFileKind.Segment, _incarnation.Id), 0,
        new SavedHash(Size, [1, 2, 3]), Digest("all"), true);

    private async Task<List<UploadId>> CreateAsync(int count)
    {
        var ids = new List<UploadId>();
        for (var i = 0; i < count; i++)
            ids.Add((await _ledger.CreateAsync(New(), None)).Value!.Upload.Id);
        return [.. ids.OrderBy(id => id.Value)];
    }

    /// <summary>All of them wait while a batch is running, and form the next one.</summary>
    private async Task<T[]> TogetherAsync<T>(Func<IEnumerable<Task<T>>> records, bool together = true, long before = Size)
    {
        var held = (await _ledger.CreateAsync(New() with { Id = UploadId.New(), FileName = "held", Size = null }, None)).Value!.Upload.Id;
        Task<RecordResult> first;
        List<Task<T>> waiting;
        await using (await fixture.HoldAsync(held))
        {
            first = _ledger.CheckpointAsync(Last(held) with { Final = false, ToOffset = before, Hash = new SavedHash(before, [1]) }, None);
            await fixture.WaitingAsync(1);
            waiting = [.. records()];
        }

        Assert.Equal(RecordOutcome.Recorded, (await first).Outcome);
        var answers = await Task.WhenAll(waiting);
        await using (var connection = await fixture.OpenAsync())
        {
            if (together)
            {
                // One statement has written these uploads and no others.
                Assert.Equal(waiting.Count, await connection.ExecuteScalarAsync<int>(
                    "select max(n) from (select count(*) as n from uploads where file_name <> 'held' group by xmin::text, cmin::text) x"));
            }

            await connection.ExecuteAsync("delete from extents where upload_id = @Id; delete from stored_files where upload_id = @Id; "
                + "delete from uploads where id = @Id; delete from events where upload_id = @Id", new { Id = held.Value });
        }

        return answers;
    }

    /// <summary>Compares everything in the ledger except names and times.</summary>
    private async Task SameAsync(UploadId alone, IEnumerable<UploadId> several)
    {
        var expected = await KnownAsync(alone);
        Assert.Contains("a value", expected, StringComparison.Ordinal);
        foreach (var id in several)
            Assert.Equal(expected, await KnownAsync(id));
    }

    private async Task<string> KnownAsync(UploadId id)
    {
        await using var connection = await fixture.OpenAsync();
        var rows = await connection.QueryAsync<string>(
            """
            select to_jsonb(u)::text from uploads u where id = @Id
            union all select to_jsonb(p)::text from extents p where upload_id = @Id
            union all select to_jsonb(f)::text || (f.id = (select p.file_id from extents p where p.upload_id = @Id))::text
                from stored_files f where upload_id = @Id
            union all (select to_jsonb(e)::text from events e where upload_id = @Id order by e.id)
            """,
            new { Id = id.Value });
        string[] differ = ["\"(id|upload_id|file_id)\": \"[^\"]*\"", "\"(id|xid)\": [^,}]*", "\"[a-z_]*(at|byte_at)\": \"[^\"]*\""];
        return differ.Aggregate(
            string.Join('\n', rows), (text, pattern) => System.Text.RegularExpressions.Regex.Replace(text, pattern, "\"…\""));
    }
}
