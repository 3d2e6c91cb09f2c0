using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T30-T41: the offset, and that asking for it never costs the client an upload.</summary>
[Collection(TusCollection.Name)]
public sealed class HeadTests(TusFixture fixture)
{
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Fact]
    public async Task Tells_offset_and_length_from_the_beginning_to_the_end()
    {
        var path = await _client.NewAsync(10);
        foreach (var (offset, bytes) in new[] { (0, 4), (4, 6), (10, 0) })
        {
            var head = await _client.HeadAsync(path);
            Assert.Equal((200, (long)offset, "10"), (head.Status, head.Offset, head["Upload-Length"]));
            Assert.Equal("no-store", head["Cache-Control"]);
            Assert.Null(head["Upload-Defer-Length"]);
            Assert.Null(head["Upload-Metadata"]);
            Assert.Null(head["Upload-Concat"]);
            Assert.Empty(head.Body);
            Assert.Contains(head["Content-Length"], new[] { null, "0" });
            if (bytes > 0)
                await _client.PatchAsync(path, offset, new byte[bytes]);
        }
    }

    [Fact]
    public async Task Tells_that_the_length_is_not_known_yet()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        var head = await _client.HeadAsync(created.Path);
        Assert.Equal((200, "1", null), (head.Status, head["Upload-Defer-Length"], head["Upload-Length"]));
        await _client.PatchAsync(created.Path, 0, [1], ("Upload-Length", "3"));
        head = await _client.HeadAsync(created.Path);
        Assert.Equal((null, "3"), (head["Upload-Defer-Length"], head["Upload-Length"]));
    }

    [Theory]
    [InlineData("filename aGVsbG8=,empty")]
    [InlineData("z eA== ,  a ")]
    public async Task Gives_the_metadata_back_as_it_came(string metadata)
    {
        var created = await _client.CreateAsync(("Upload-Length", "1"), ("Upload-Metadata", metadata));
        Assert.Equal(metadata.TrimEnd(), (await _client.HeadAsync(created.Path))["Upload-Metadata"]?.TrimEnd());
        Assert.Equal(metadata.TrimEnd(), (await _tus.UploadAsync(created.Path)).ProtocolState["metadata"].TrimEnd());
    }

    [Fact]
    public async Task Gone_uploads_have_no_offset()
    {
        var unknown = await _client.HeadAsync("/files/00000000000000000000000000000000");
        Assert.Equal((404, null), (unknown.Status, unknown.Offset));

        var deleted = await _client.NewAsync(10);
        await _client.DeleteAsync(deleted);
        var answer = await _client.HeadAsync(deleted);
        Assert.Equal((410, null), (answer.Status, answer.Offset));
    }

    [Fact]
    public async Task Uploads_of_other_protocols_and_tenants_are_not_there()
    {
        var file = await _client.SendAsync(HttpMethod.Put, "/api/files/a.txt", new ByteArrayContent([1]));
        Assert.Equal(201, file.Status);
        var id = System.Text.Json.JsonDocument.Parse(file.Body).RootElement.GetProperty("id").GetString();
        var path = $"/files/{id}";
        Assert.Equal(404, (await _client.HeadAsync(path)).Status);
        Assert.Equal(404, (await _client.PatchAsync(path, 1, [])).Status);
        Assert.Equal(404, (await _client.PatchAsync(path, 0, [1], ("Upload-Offset", "x"))).Status);
        Assert.Equal(404, (await _client.DeleteAsync(path)).Status);
        Assert.Equal(404, (await _client.SendAsync(HttpMethod.Get, path, null)).Status);
        Assert.Equal(200, (await _client.SendAsync(HttpMethod.Get, $"/api/files/{id}/content", null)).Status);

        var otherCaller = new Core.Access.Caller("another-tenant", "another-user");
        var created = await _tus.Ledger.CreateAsync(
            new NewUpload(UploadId.New(), otherCaller, UploadProtocol.Tus, "a", "b/c", new Dictionary<string, string>(), 1, null,
                TimeSpan.FromHours(1), null, null), default);
        Assert.Equal(404, (await _client.HeadAsync($"/files/{created.Value!.Upload.Id}")).Status);
    }

    [Fact]
    public async Task A_temporary_failure_is_423_with_a_time_to_retry()
    {
        var path = await _client.NewAsync(10);
        Func<Exception>[] troubles =
        [
            () => new LedgerUnavailableException("away"),
            () => new Core.Storage.StoreException(Core.Storage.StoreError.Io, "broken"),
            () => new InvalidOperationException("a bug"),
        ];
        foreach (var trouble in troubles)
        {
            _tus.Hooks.Fail(nameof(IUploadLedger.FindAsync), trouble);
            var answer = await _client.HeadAsync(path);
            Assert.Equal((423, "1.0.0", null), (answer.Status, answer["Tus-Resumable"], answer.Offset));
            Assert.NotNull(answer["Retry-After"]);
            Assert.Equal("no-store", answer["Cache-Control"]);
        }

        Assert.Equal(200, (await _client.HeadAsync(path)).Status);
        // Only HEAD needs this, because a PATCH with a 5xx answer is repeated.
        _tus.Hooks.Fail(nameof(IStreamLedger.InspectStreamAsync), () => new LedgerUnavailableException("away"));
        Assert.Equal(503, (await _client.PatchAsync(path, 0, [1])).Status);
    }

    [Fact]
    public async Task A_permanent_fault_is_not_reported_as_a_temporary_failure()
    {
        var time = new JumpingClock();
        var hooks = new EngineHooks();
        await using var service = await TestService.StartAsync(
            fixture.Postgres, replace: services =>
            {
                services.AddSingleton<TimeProvider>(time);
                HookedService.With(hooks)(services);
            });
        var client = new TusClient(service.Client);
        var (path, other) = (await client.NewAsync(10), await client.NewAsync(10));
        foreach (var (leap, status) in new[] { (0, 423), (59, 423), (1, 500) })
        {
            time.Leap(TimeSpan.FromSeconds(leap));
            hooks.Fail(nameof(IUploadLedger.FindAsync), () => new InvalidOperationException("a bug"));
            Assert.Equal(status, (await client.HeadAsync(path)).Status);
        }

        // Nothing is known about another upload, and a temporary failure stays temporary.
        hooks.Fail(nameof(IUploadLedger.FindAsync), () => new InvalidOperationException("a bug"));
        Assert.Equal(423, (await client.HeadAsync(other)).Status);
        hooks.Fail(nameof(IUploadLedger.FindAsync), () => new LedgerUnavailableException("away"));
        Assert.Equal(423, (await client.HeadAsync(path)).Status);
        Assert.Equal(200, (await client.HeadAsync(path)).Status);
    }

    /// <summary>The machine's clock, which a test can set forward.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private long _leapt;

        public void Leap(TimeSpan by) => Interlocked.Add(ref _leapt, (long)(by.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _leapt);
    }

    [Fact]
    public async Task Asks_the_ledger_once_and_changes_nothing()
    {
        var path = await _client.NewAsync(10);
        var before = await _tus.UploadAsync(path);
        var seen = _tus.Hooks.Seen.Count;
        await _client.HeadAsync(path);
        // The service's own jobs may query at the same time, but not about this upload.
        var calls = _tus.Hooks.Seen.Skip(seen).Where(call => call.Arguments.Contains(TusService.IdOf(path)));
        Assert.Equal([nameof(IUploadLedger.FindAsync)], calls.Select(call => call.Name));
        var after = await _tus.UploadAsync(path);
        Assert.Equal((before.StateAt, before.Epoch, before.LastByteAt, before.IdleAllowance),
            (after.StateAt, after.Epoch, after.LastByteAt, after.IdleAllowance));
    }

    [Fact]
    public async Task Queries_again_when_the_upload_was_written_during_the_query()
    {
        var path = await _client.NewAsync(10);
        var found = _tus.Hooks.HoldAfter(nameof(IUploadLedger.FindAsync));
        var head = _client.HeadAsync(path);
        await found.Reached;
        Assert.Equal(204, (await _client.PatchAsync(path, 0, new byte[4])).Status);
        found.Open();
        Assert.Equal(4, (await head).Offset);
    }

    [Fact]
    public async Task A_damaged_upload_is_gone_and_can_be_deleted()
    {
        var path = await _client.NewAsync(10);
        await _client.PatchAsync(path, 0, [1]);
        await _tus.Ledger.MarkDamagedAsync(TusService.IdOf(path), "test", default);
        Assert.Equal(410, (await _client.HeadAsync(path)).Status);
        Assert.Equal(410, (await _client.PatchAsync(path, 1, [1])).Status);
        Assert.Equal(204, (await _client.DeleteAsync(path)).Status);
        Assert.Equal(410, (await _client.DeleteAsync(path)).Status);
    }
}
