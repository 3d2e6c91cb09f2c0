using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T140-T156: partial uploads and their concatenation.</summary>
public sealed partial class ConcatenationTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private const string NoId = "/files/00000000000000000000000000000000";
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Fact]
    public async Task Joins_parts_in_the_listed_order_at_once()
    {
        var (one, a) = await PartAsync(1000, 1);
        var (two, b) = await PartAsync(2000, 2);
        var (none, _) = await PartAsync(0, 3);
        var files = _tus.Hooks.Count(nameof(IChunkStore.CreateAsync));
        // The same part twice, an empty part, both forms of addresses, blanks anywhere.
        var concat = $"final; {_tus.Service.Address.ToString().TrimEnd('/')}{two}   {one}?x=1 {none}/ {two}";
        var final = await _client.CreateAsync(("Upload-Concat", concat), ("Upload-Metadata", "filename d2hvbGU="));
        Assert.Equal((201, null), (final.Status, final.Offset));
        // Before any request for it.
        Assert.Equal(UploadState.Completed, (await _tus.UploadAsync(final.Path)).State);

        var head = await _client.HeadAsync(final.Path);
        Assert.Equal((200, 5000L, "5000"), (head.Status, head.Offset, head["Upload-Length"]));
        Assert.Equal(concat, head["Upload-Concat"]);
        Assert.Equal("filename d2hvbGU=", head["Upload-Metadata"]);
        Assert.Equal((byte[])[.. b, .. a, .. b], await _client.DownloadAsync(final.Path));
        // No byte was copied.
        Assert.Equal(files, _tus.Hooks.Count(nameof(IChunkStore.CreateAsync)));
        Assert.Equal(0, _tus.Hooks.Count(nameof(IStoredFileWriter.CopyFrom)));
    }

    [Fact]
    public async Task Parts_are_reported_as_such_and_are_no_files()
    {
        var (path, _) = await PartAsync(10, 1, ("Upload-Metadata", "filename YS1wYXJ0LW9mLXNvbWV0aGluZw=="));
        var head = await _client.HeadAsync(path);
        Assert.Equal(("partial", 10L, "10"), (head["Upload-Concat"], head.Offset, head["Upload-Length"]));
        Assert.Equal(404, (await _client.SendAsync(HttpMethod.Get, path, null)).Status);
        Assert.DoesNotContain(TusService.IdOf(path).ToString(),
            (await _client.SendAsync(HttpMethod.Get, "/api/files?limit=200", null)).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await _client.SendAsync(HttpMethod.Get, $"/api/files/{TusService.IdOf(path)}", null)).Status);

        var final = await _client.CreateAsync(("Upload-Concat", $"final;{path}"));
        // The metadata of parts is not inherited (T144).
        Assert.Null((await _client.HeadAsync(final.Path))["Upload-Metadata"]);
        Assert.Contains(TusService.IdOf(final.Path).ToString(),
            (await _client.SendAsync(HttpMethod.Get, "/api/files?limit=200", null)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_can_be_of_deferred_length_and_in_several_finals()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"));
        Assert.Equal(201, created.Status);
        await _client.PatchAsync(created.Path, 0, [1, 2]);
        await _client.PatchAsync(created.Path, 2, [], ("Upload-Length", "2"));
        for (var i = 0; i < 2; i++)
        {
            var final = await _client.CreateAsync(("Upload-Concat", $"final;{created.Path} {created.Path}"));
            Assert.Equal([1, 2, 1, 2], await _client.DownloadAsync(final.Path));
        }
    }

    [Fact]
    public async Task Joined_upload_outlives_its_parts()
    {
        var (one, a) = await PartAsync(1000, 1);
        var (two, b) = await PartAsync(2000, 2);
        var final = await _client.CreateAsync(("Upload-Concat", $"final;{one} {two}"));
        Assert.Equal(204, (await _client.DeleteAsync(one)).Status);
        Assert.Equal(204, (await _client.DeleteAsync(two)).Status);
        Assert.Equal((byte[])[.. a, .. b], await _client.DownloadAsync(final.Path));
        Assert.Equal(204, (await _client.DeleteAsync(final.Path)).Status);
        Assert.Equal(410, (await _client.HeadAsync(final.Path)).Status);
    }

    [Fact]
    public async Task Returns_403_for_bytes_on_a_final_upload()
    {
        var (part, bytes) = await PartAsync(10, 1);
        var final = await _client.CreateAsync(("Upload-Concat", $"final;{part}"));
        foreach (var offset in new[] { 0, 10 })
        {
            Assert.Equal(403, (await _client.PatchAsync(final.Path, offset, [1])).Status);
            Assert.Equal(403, (await _client.PatchAsync(final.Path, offset, [])).Status);
        }

        Assert.Equal(bytes, await _client.DownloadAsync(final.Path));
    }

    [Theory]
    [InlineData("Final;{0}")]
    [InlineData("partialx")]
    [InlineData("")]
    [InlineData("final;")]
    [InlineData("final; ")]
    [InlineData("final;/other/{0}")]
    [InlineData("final;http://127.0.0.1/elsewhere")]
    [InlineData("final;" + NoId)]
    [InlineData("final;{0} " + NoId)]
    [InlineData("final;/files/..%2f..%2fetc")]
    public async Task Returns_400_for_what_cannot_be_joined_and_creates_nothing(string concat)
    {
        var (part, _) = await PartAsync(1, 1);
        var count = await _tus.CountAsync();
        var answer = await _client.CreateAsync(("Upload-Concat", string.Format(null, concat, part)));
        Assert.Equal((400, null), (answer.Status, answer["Location"]));
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task Returns_400_for_uploads_that_are_no_parts()
    {
        var (part, _) = await PartAsync(1, 1);
        var ordinary = await _client.UploadAsync([1]);
        var final = await _client.CreateAsync(("Upload-Concat", $"final;{part}"));
        var file = System.Text.Json.JsonDocument.Parse(
            (await _client.SendAsync(HttpMethod.Put, "/api/files/a", new ByteArrayContent([1]))).Body)
            .RootElement.GetProperty("id").GetString();
        var deleted = await PartAsync(1, 2);
        await _client.DeleteAsync(deleted.Path);
        var foreign = await _tus.Ledger.CreateAsync(
            new NewUpload(UploadId.New(), new("another-tenant", "x"), UploadProtocol.Tus, "a", "b/c", new Dictionary<string, string>(), 0,
                null, TimeSpan.FromHours(1), null, null)
            { IsPart = true },
            default);
        // Finished, so that only its tenant prevents the join.
        Assert.True((await _tus.Ledger.BeginCompleteAsync(new("another-tenant", "x"), foreign.Value!.Upload.Id, 0, null, default)).Ok);
        var count = await _tus.CountAsync();
        foreach (var other in new[] { ordinary, final.Path, $"/files/{file}", deleted.Path, $"/files/{foreign.Value!.Upload.Id}" })
        {
            var answer = await _client.CreateAsync(("Upload-Concat", $"final;{part} {other}"));
            Assert.Equal((400, "parts_mismatch"), (answer.Status, answer["X-Error-Code"]));
        }

        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task Returns_400_for_a_final_with_a_length_or_a_body()
    {
        var (part, _) = await PartAsync(1, 1);
        var count = await _tus.CountAsync();
        Assert.Equal(400, (await _client.CreateAsync(("Upload-Concat", $"final;{part}"), ("Upload-Length", "1"))).Status);
        Assert.Equal(400, (await _client.CreateAsync(("Upload-Concat", $"final;{part}"), ("Upload-Defer-Length", "1"))).Status);
        Assert.Equal(400, (await _client.TusAsync(
            HttpMethod.Post, "/files", new ByteArrayContent([1]), ("Upload-Concat", $"final;{part}"),
                ("Content-Type", TusClient.OffsetType))).Status);
        Assert.Equal(count, await _tus.CountAsync());
        // Neither a type without a body nor a checksum is an error (T155).
        var final = await _client.TusAsync(
            HttpMethod.Post, "/files", null, ("Upload-Concat", $"final;{part}"), ("Content-Type", TusClient.OffsetType),
                ("Upload-Checksum", "sha1 AAAA"));
        Assert.Equal(201, final.Status);
    }

    [Fact]
    public async Task Returns_413_for_a_sum_above_the_maximum()
    {
        await using var tus = await fixture.StartAsync(("Uploads:MaxSize", "100"));
        var part = await tus.Client.UploadAsync(new byte[60], ("Upload-Concat", "partial"));
        Assert.Equal(413, (await tus.Client.CreateAsync(("Upload-Concat", $"final;{part} {part}"))).Status);
        Assert.Equal(201, (await tus.Client.CreateAsync(("Upload-Concat", $"final;{part}"))).Status);
    }

    [Fact]
    public async Task Ten_thousand_parts_can_be_joined_and_not_one_more()
    {
        await using var tus = await fixture.StartAsync(("Host:RequestHeadersSize", "1MiB"));
        var part = await tus.Client.UploadAsync([7], ("Upload-Concat", "partial"));
        var all = string.Join(' ', Enumerable.Repeat(part, UploadJoiner.MaxParts));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{all}"));
        Assert.Equal(201, final.Status);
        Assert.Equal(10_000, (await tus.UploadAsync(final.Path)).ReceivedBytes);
        Assert.Equal(400, (await tus.Client.CreateAsync(("Upload-Concat", $"final;{all} {part}"))).Status);
        // The default limit on all headers is reached first, with its own status.
        Assert.Equal(431, (await _client.CreateAsync(("Upload-Concat", $"final;{all}"))).Status);
    }

    [Fact]
    public async Task As_many_different_parts_cost_no_more_calls_than_one()
    {
        await using var tus = await fixture.StartAsync(("Host:RequestHeadersSize", "1MiB"), ("Tus:Extensions", Unfinished));
        var part = await tus.Client.UploadAsync([7], ("Upload-Concat", "partial"));
        var parts = new List<string> { part };
        await using (var connection = new NpgsqlConnection(tus.Service.ConnectionString))
        {
            // Copied rows, because 9,999 requests would show nothing more.
            var ids = await connection.QueryAsync<Guid>("""
                with made as (
                    insert into chunkupload.uploads
                    select (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid()))).*
                    from chunkupload.uploads u cross join generate_series(2, @Count) where u.id = @Id
                    returning id
                ), filled as (
                    insert into chunkupload.extents
                    select (jsonb_populate_record(p, jsonb_build_object('upload_id', m.id))).*
                    from chunkupload.extents p cross join made m where p.upload_id = @Id
                )
                select id from made
                """, new { Count = UploadJoiner.MaxParts, Id = TusService.IdOf(part).Value });
            parts.AddRange(ids.Select(id => $"/files/{id:n}"));
        }

        var open = await tus.Client.NewAsync(1, ("Upload-Concat", "partial"));
        var seen = tus.Hooks.Seen.Count;
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{string.Join(' ', parts)}"));
        var waiting = await tus.Client.CreateAsync(("Upload-Concat", $"final;{string.Join(' ', parts[1..])} {open}"));
        // As HEAD asks, but its response would be longer than this client accepts.
        var progress = await tus.Service.Services.GetRequiredService<UploadJoiner>()
            .ProgressAsync(await tus.UploadAsync(waiting.Path), CancellationToken.None);

        Assert.Equal((201, 201, 9_999L, 10_000L), (final.Status, waiting.Status, progress.ReceivedBytes, progress.Size));
        Assert.Equal(10_000, (await tus.UploadAsync(final.Path)).ReceivedBytes);
        var calls = tus.Hooks.Seen.Skip(seen).Select(call => call.Name).ToList();
        Assert.Equal(3, calls.Count(name => name == nameof(IUploadLedger.FindAllAsync)));
        // The digest is computed concurrently and opens each part's file.
        Assert.InRange(calls.Count(name => name != nameof(IChunkStore.OpenRead)), 3, 300);
    }

    [Fact]
    public async Task An_expired_part_cannot_be_joined()
    {
        await using var tus = await fixture.StartAsync();
        var part = await tus.Client.UploadAsync([1, 2, 3], ("Upload-Concat", "partial"));
        await tus.AgeAsync(TimeSpan.FromHours(24));
        Assert.Equal(410, (await tus.Client.HeadAsync(part)).Status);
        Assert.Equal(400, (await tus.Client.CreateAsync(("Upload-Concat", $"final;{part}"))).Status);
    }

    [Fact]
    public async Task A_part_that_is_not_small_cannot_be_listed_more_than_sixteen_times()
    {
        var part = await _client.UploadAsync(new byte[4 << 20], ("Upload-Concat", "partial"));
        Assert.Equal(400, (await _client.CreateAsync(("Upload-Concat", $"final;{string.Join(' ', Enumerable.Repeat(part, 17))}"))).Status);
        var final = await _client.CreateAsync(("Upload-Concat", $"final;{string.Join(' ', Enumerable.Repeat(part, 16))}"));
        Assert.Equal((201, 64L << 20), (final.Status, (await _tus.UploadAsync(final.Path)).Size));
        Assert.Equal(204, (await _client.DeleteAsync(final.Path)).Status);
    }

    [Fact]
    public async Task Returns_400_for_parts_that_are_not_finished_and_creates_nothing()
    {
        var (done, _) = await PartAsync(10, 1);
        var open = await _client.NewAsync(10, ("Upload-Concat", "partial"));
        var count = await _tus.CountAsync();
        var answer = await _client.CreateAsync(("Upload-Concat", $"final;{done} {open}"));
        Assert.Equal(400, answer.Status);
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task Joins_that_share_parts_in_another_order_do_not_wait_for_each_other()
    {
        var (one, _) = await PartAsync(10, 1);
        var (two, _) = await PartAsync(10, 2);
        var joins = Enumerable.Range(0, 20)
            .Select(i => _client.CreateAsync(("Upload-Concat", i % 2 == 0 ? $"final;{one} {two}" : $"final;{two} {one}")));
        Assert.All(await Task.WhenAll(joins), final => Assert.Equal(201, final.Status));
    }

    [Fact]
    public async Task A_join_locks_its_parts_by_their_ids_in_whatever_order_they_are_listed()
    {
        const string lockPart = "select from chunkupload.uploads where id = @Id for update";
        string[] parts = [(await PartAsync(10, 1)).Path, (await PartAsync(10, 2)).Path];
        Array.Sort(parts, StringComparer.Ordinal);
        await using var connection = new NpgsqlConnection(_tus.Service.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(lockPart, new { Id = TusService.IdOf(parts[1]).Value });
        var join = _client.CreateAsync(("Upload-Concat", $"final;{parts[1]} {parts[0]}"));
        while (!await connection.ExecuteScalarAsync<bool>(
            "select exists (select from pg_locks where pg_backend_pid() = any (pg_blocking_pids(pid)))"))
            await Task.Yield();
        // It holds the first row and waits for the second.
        var taken = await Assert.ThrowsAsync<PostgresException>(
            () => connection.ExecuteAsync($"{lockPart} nowait", new { Id = TusService.IdOf(parts[0]).Value }));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, taken.SqlState);
        await transaction.RollbackAsync();
        Assert.Equal(201, (await join).Status);
    }

    private async Task<(string Path, byte[] Bytes)> PartAsync(int length, int seed, params (string, string)[] headers)
    {
        var bytes = TusClient.Bytes(length, seed);
        var path = await _client.NewAsync(length, [("Upload-Concat", "partial"), .. headers]);
        if (length > 0)
            Assert.Equal(204, (await _client.PatchAsync(path, 0, bytes)).Status);
        return (path, bytes);
    }
}
