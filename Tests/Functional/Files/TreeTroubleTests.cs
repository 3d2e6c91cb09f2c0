using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>
/// A full disk and a lost database while files are published: what was there stays, what was acknowledged stays, and after a repetition
/// everything is there once.
/// </summary>
public sealed class TreeTroubleTests(TreeTroubleTests.Fixture fixture) : IClassFixture<TreeTroubleTests.Fixture>, IAsyncLifetime
{
    private const int Large = 3_000_000;

    private readonly EngineHooks _hooks = fixture.Hooks;
    private readonly TreeClient _tree = new(fixture.Service, "trouble-" + Guid.NewGuid().ToString("N"));

    public static TheoryData<int> Sizes => [5, Large];

    /// <summary>Gets a value that indicates whether the statement is committed before the ledger is lost.</summary>
    public static TheoryData<int, bool> SizesAndCommits => new() { { 5, false }, { 5, true }, { Large, false }, { Large, true } };

    public Task InitializeAsync() => _tree.PutAsync("kept", "old");

    public Task DisposeAsync() => AssertTrueAsync();

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task On_a_full_disk_a_file_is_refused_and_the_one_before_it_stays(int size)
    {
        _hooks.Fail(nameof(IStoredFileWriter.Write), Full);
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("kept", Text(size)), HttpStatusCode.InsufficientStorage, "no_space");
        Assert.Equal("old", await _tree.ReadAsync("kept"));
        Assert.Equal(["kept"], await _tree.PathsAsync());
        Assert.Equal(0, await UnfiledAsync());

        await _tree.PutAsync("kept", Text(size), "", HttpStatusCode.OK);
        Assert.Equal(Text(size), await _tree.ReadAsync("kept"));
    }

    [Fact]
    public async Task A_tus_upload_goes_on_after_a_full_disk_and_is_published()
    {
        var text = Text(Large);
        var address = await CreateAsync("a/tus", text.Length);
        await PatchAsync(address, text[..1000], 0, HttpStatusCode.NoContent);
        _hooks.Fail(nameof(IStoredFileWriter.Write), Full, when: call => (long)call.Arguments[1]! > 1000);
        await PatchAsync(address, text[1000..], 1000, HttpStatusCode.InsufficientStorage);
        Assert.Equal(["kept"], await _tree.PathsAsync());

        var offset = await OffsetAsync(address);
        Assert.InRange(offset, 1000, Large - 1);
        await PatchAsync(address, text[offset..], offset, HttpStatusCode.NoContent);
        Assert.Equal(text, await _tree.ReadAsync("a/tus"));
        Assert.Equal(["a/", "a/tus", "kept"], await _tree.PathsAsync());
    }

    [Theory]
    [MemberData(nameof(SizesAndCommits))]
    public async Task A_file_is_sent_again_after_the_ledger_was_lost(int size, bool committed)
    {
        Lose(nameof(IStreamLedger.CheckpointAsync), committed, IsFinal);
        await TreeClient.RefusedAsync(
            await _tree.TryPutAsync("new", Text(size)), HttpStatusCode.ServiceUnavailable, "ledger_unavailable");
        Assert.Equal(committed ? ["kept", "new"] : ["kept"], await _tree.PathsAsync());

        var again = await _tree.PutAsync("new", Text(size), "", committed ? HttpStatusCode.OK : HttpStatusCode.Created);
        Assert.Equal(committed ? 2 : 1, again.GetProperty("version").GetInt32());
        Assert.Equal(Text(size), await _tree.ReadAsync("new"));
        Assert.Equal(["kept", "new"], await _tree.PathsAsync());
        Assert.Equal("old", await _tree.ReadAsync("kept"));
    }

    [Theory]
    [MemberData(nameof(SizesAndCommits))]
    public async Task A_tus_upload_is_published_once_though_the_ledger_was_lost_at_its_end(int size, bool committed)
    {
        var text = Text(size);
        var address = await CreateAsync("tus", size);
        Lose(nameof(IStreamLedger.CheckpointAsync), committed, IsFinal);
        await PatchAsync(address, text, 0, HttpStatusCode.ServiceUnavailable);
        var offset = await OffsetAsync(address);
        Assert.Equal(committed, offset == size);
        await PatchAsync(address, text[offset..], offset, HttpStatusCode.NoContent);
        Assert.Equal(text, await _tree.ReadAsync("tus"));
        Assert.Equal(["kept", "tus"], await _tree.PathsAsync());
        Assert.Equal(1, await VersionsAsync("tus"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_is_published_once_though_the_ledger_was_lost_at_its_end(bool committed)
    {
        var created = await TreeClient.JsonAsync(
            await _tree.Http.PostAsJsonAsync(At("/api/sessions"), new { path = $"{_tree.Root}/s", size = 3 }), HttpStatusCode.Created);
        var session = $"/api/sessions/{created.GetProperty("id").GetString()}";
        using (var put = await _tree.SendAsync(
            HttpMethod.Put, At($"{session}/chunks/0"), new StringContent("abc"),
            ("Content-Type", "application/octet-stream"), ("X-Chunk-SHA256", Convert.ToHexStringLower(Sha256Digest.Of("abc"u8).ToArray()))))
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        Lose(nameof(IUploadLedger.BeginCompleteAsync), committed);
        await TreeClient.RefusedAsync(
            await _tree.Http.PostAsync(At($"{session}/complete"), null), HttpStatusCode.ServiceUnavailable, "ledger_unavailable");
        using (var again = await _tree.Http.PostAsync(At($"{session}/complete"), null))
            Assert.True(again.IsSuccessStatusCode, await again.Content.ReadAsStringAsync());
        Assert.Equal("abc", await _tree.ReadAsync("s"));
        Assert.Equal(1, await VersionsAsync("s"));
    }

    [Theory]
    [InlineData("no_space")]
    [InlineData("ledger_unavailable")]
    [InlineData("committed")]
    public async Task An_archive_that_is_sent_again_after_trouble_brings_what_is_missing(string trouble)
    {
        var archive = new TarBytes();
        for (var i = 0; i < 400; i++)
            archive.File($"f/{i:d3}", $"content {i}");
        archive.File("f/large", Text(Large));
        var seen = 0;
        if (trouble == "no_space")
            _hooks.Fail(nameof(IStoredFileWriter.Write), Full, when: _ => Interlocked.Increment(ref seen) == 200);
        else
            Lose(
                nameof(IStreamLedger.CheckpointAsync), trouble == "committed",
                call => IsFinal(call) && Interlocked.Increment(ref seen) == 200);

        var bytes = archive.End();
        var first = await UnpackAsync(bytes);
        var sum = first[^1];
        var failed = Assert.Single(first, line => line.TryGetProperty("outcome", out var outcome) && outcome.GetString() == "failed");
        Assert.Equal(trouble == "no_space" ? "no_space" : "ledger_unavailable", failed.GetProperty("code").GetString());
        Assert.Equal(1, sum.GetProperty("failed").GetInt32());
        var created = sum.GetProperty("created").GetInt32();
        Assert.InRange(created, 1, 400);
        // Every file that a line reports as created exists.
        var there = (await _tree.PathsAsync()).ToHashSet();
        Assert.All(
            first.Where(line => line.TryGetProperty("outcome", out var outcome) && outcome.GetString() == "created"),
            line => Assert.Contains("t/" + line.GetProperty("path").GetString(), there));

        var again = (await UnpackAsync(bytes))[^1];
        Assert.True(again.GetProperty("complete").GetBoolean());
        var unchanged = created + (trouble == "committed" ? 1 : 0);
        Assert.Equal(
            (401 - unchanged, unchanged, 0),
            (again.GetProperty("created").GetInt32(), again.GetProperty("unchanged").GetInt32(), again.GetProperty("failed").GetInt32()));
        Assert.Equal("content 399", await _tree.ReadAsync("t/f/399"));
        Assert.Equal(Text(Large), await _tree.ReadAsync("t/f/large"));
    }

    private static StoreException Full() => new(StoreError.NoSpace, "full");

    private static bool IsFinal(EngineCall call) => call.Argument<StreamCheckpoint>() is { Final: true };

    private static string Text(int size) => string.Concat(Enumerable.Repeat("new file. ", size / 10 + 1))[..size];

    private static Uri At(string address) => new(address, UriKind.RelativeOrAbsolute);

    private void Lose(string call, bool committed, Func<EngineCall, bool>? when = null)
    {
        if (committed)
            _hooks.LoseAnswer(call, () => new LedgerUnavailableException("away"), when: when);
        else
            _hooks.Fail(call, () => new LedgerUnavailableException("away"), when: when);
    }

    private async Task<Uri> CreateAsync(string path, long length)
    {
        using var created = await _tree.SendAsync(
            HttpMethod.Post, At("/files"), null, ("Tus-Resumable", "1.0.0"),
            ("Upload-Length", length.ToString(CultureInfo.InvariantCulture)),
            ("Upload-Metadata", "relativePath " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_tree.Root}/{path}"))));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return created.Headers.Location!;
    }

    private async Task PatchAsync(Uri address, string text, long offset, HttpStatusCode status)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new("application/offset+octet-stream");
        using var answer = await _tree.SendAsync(
            HttpMethod.Patch, address, content, ("Tus-Resumable", "1.0.0"),
            ("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture)));
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private async Task<int> OffsetAsync(Uri address)
    {
        using var answer = await _tree.SendAsync(HttpMethod.Head, address, null, ("Tus-Resumable", "1.0.0"));
        return int.Parse(answer.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
    }

    private async Task<List<JsonElement>> UnpackAsync(byte[] archive)
    {
        using var answer = await _tree.Http.PostAsync(
            At($"/api/tree/{_tree.Root}/t?unpack=tar&parents=true"), new ByteArrayContent(archive));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private async Task<int> VersionsAsync(string path) =>
        (await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At(path, "?format=json")), HttpStatusCode.OK))
            .GetProperty("version").GetInt32();

    private async Task<int> UnfiledAsync() =>
        (await TreeClient.JsonAsync(await _tree.Http.GetAsync(At("/api/files")), HttpStatusCode.OK)).GetProperty("items").GetArrayLength();

    /// <summary>The space's counters are true, its numbers have no gap, and every completed upload is in the tree or unfiled.</summary>
    private async Task AssertTrueAsync()
    {
        await using var ledger = new NpgsqlConnection(fixture.Service.ConnectionString);
        Assert.Equal(0, await ledger.ExecuteScalarAsync<int>("""
            select (select count(*) from spaces s
                    where s.entries <> (select count(*) from entries e where e.space = s.id and e.parent is not null)
                       or s.bytes <> (select coalesce(sum(v.size), 0) from entry_versions v
                                      join entries e on e.id = v.entry where e.space = s.id)
                       or s.sequence <> (select count(*) from changes c where c.space = s.id))
                 + (select count(*) from uploads u
                    where u.state = 'completed' and u.target_space is not null
                          and not exists (select from entry_versions v where v.upload = u.id))
            """));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        private readonly PostgresFixture _postgres = new();

        internal EngineHooks Hooks { get; } = new();

        internal TestService Service { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            await _postgres.InitializeAsync();
            Service = await TestService.StartAsync(_postgres, replace: HookedService.With(Hooks));
        }

        public async Task DisposeAsync() => await Service.DisposeAsync();
    }
}
