using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using NameConflict = ChunkUpload.Client.NameConflict;
using UploadOptions = ChunkUpload.Client.UploadOptions;
using UploadProtocol = ChunkUpload.Client.UploadProtocol;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The client's uploads against the real service, over networks that break.</summary>
[Collection(ClientCollection.Name)]
public sealed class UploadTests(ApiFixture fixture) : IAsyncLifetime, IDisposable
{
    private const int Large = 20 << 20;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"client-{Guid.NewGuid():n}";
    private CutProxy? _proxy;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Sends_a_small_file_with_its_time_and_mode()
    {
        var file = _rig.File("notes.txt", 70_000);
        File.SetLastWriteTimeUtc(file, new DateTime(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc).AddTicks(1_234_567));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var client = _rig.Client(_service.Address, _service.Key);

        var done = await client.UploadFileAsync(file, new UploadOptions { Path = $"{_place}/a b/ü.txt" });

        Assert.Equal($"{_place}/a b/ü.txt", done.Path);
        var entry = await client.DescribeAsync(done.Path!);
        Assert.Equal((70_000, done.Sha256, "0640"), (entry.Size, entry.Sha256, entry.Mode));
        Assert.Equal(File.GetLastWriteTimeUtc(file), entry.ModifiedAt);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_rig.States, "transfers"), "*.json"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Large)]
    public async Task Sends_an_unfiled_file_in_chunks(int length)
    {
        var file = _rig.File("film.bin", length);
        var done = await _rig.Client(_service.Address, _service.Key).UploadFileAsync(file);
        Assert.Equal((ClientRig.Sha256(ClientRig.Bytes(length)), null), (done.Sha256, done.Path));
        Assert.Equal(ClientRig.Bytes(length), await _service.Client.GetByteArrayAsync($"/api/files/{done.Id}/content"));
    }

    [Fact]
    public async Task Goes_on_inside_the_chunks_that_broke()
    {
        var file = _rig.File("film.bin", Large);
        await using var proxy = new CutProxy(_service.Address, cuts: [3_000_000, 7_500_000, 7_600_000, 15_000_000]);
        var done = await _rig.Client(proxy.Address, _service.Key)
            .UploadFileAsync(file, new UploadOptions { Path = $"{_place}/film.bin" });

        Assert.Equal(4, proxy.Broken);
        Assert.InRange(done.Retries, 4, 40);
        // Bytes in flight and the headers of some requests are sent again.
        Assert.InRange(proxy.Passed, Large, Large + proxy.MayBeLost + (1 << 20));
        await AssertArrivedAsync("film.bin", Large);
    }

    [Fact]
    public async Task Sends_a_stream_of_unknown_length_over_a_connection_that_breaks()
    {
        await using var proxy = new CutProxy(_service.Address, cuts: [2_000_000, 9_000_000]);
        var pipe = new System.IO.Pipelines.Pipe();
        var writing = Task.Run(async () =>
        {
            await pipe.Writer.WriteAsync(ClientRig.Bytes(Large));
            await pipe.Writer.CompleteAsync();
        });
        var done = await _rig.Client(proxy.Address, _service.Key)
            .UploadAsync(pipe.Reader.AsStream(), new UploadOptions { Path = $"{_place}/stream.bin" });
        await writing;
        Assert.Equal(Large, done.Size);
        await AssertArrivedAsync("stream.bin", Large);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Large)]
    public async Task Tells_the_size_of_a_stream_that_knows_it_and_sends_no_more_than_that(int length)
    {
        var file = _rig.File("growing.log", length);
        await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var sizes = new List<long?>();
        var sending = _rig.Client(_service.Address, _service.Key).UploadAsync(
            content, Options("growing.log"), new ClientRig.Reports(now => sizes.Add(now.Size)));
        await using (var more = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            await more.WriteAsync(ClientRig.Bytes(1000));
        Assert.Equal(length, (await sending).Size);
        Assert.All(sizes, size => Assert.Equal(length, size));
        await AssertArrivedAsync("growing.log", length);
    }

    [Fact]
    public async Task A_stream_that_ends_early_is_not_published()
    {
        using var content = new EarlyEnd(ClientRig.Bytes(Large));
        var failure = await Assert.ThrowsAsync<TransferException>(
            () => _rig.Client(_service.Address, _service.Key).UploadAsync(content, Options("early.bin")));
        Assert.Equal(TransferFailure.SourceChanged, failure.Failure);
        using var there = await _service.Client.GetAsync($"/api/tree/{_place}/early.bin");
        Assert.Equal(HttpStatusCode.NotFound, there.StatusCode);
    }

    [Fact]
    public async Task Waits_while_it_is_paused_at_the_service()
    {
        // So slow that most of it is left when it is paused.
        await using var proxy = new CutProxy(_service.Address) { Rate = 256 << 10 };
        var trouble = new TaskCompletionSource<string>();
        var sending = _rig.Client(proxy.Address, _service.Key).UploadFileAsync(
            _rig.File("film.bin", Large), Options($"{_place}.bin"), new ClientRig.Reports(now =>
            {
                if (now.Trouble is { } why && why.Contains("paused", StringComparison.Ordinal))
                    _ = trouble.TrySetResult(why);
            }));
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= 256 << 10 || sending.IsCompleted));
        var open = await _service.Client.GetFromJsonAsync<JsonElement>($"/api/sessions?state=open&name={_place}");
        var id = Assert.Single(open.GetProperty("items").EnumerateArray()).GetProperty("id").GetString();
        using (var paused = await _service.Client.PostAsync($"/api/sessions/{id}/pause", null))
            Assert.True(paused.IsSuccessStatusCode, await paused.Content.ReadAsStringAsync());
        proxy.Rate = 0;
        if (await Task.WhenAny(trouble.Task, sending).WaitAsync(Eventually.Limit) == sending)
            Assert.Fail($"It did not wait: {await sending}");
        using (var resumed = await _service.Client.PostAsync($"/api/sessions/{id}/resume", null))
            Assert.True(resumed.IsSuccessStatusCode, await resumed.Content.ReadAsStringAsync());
        _ = await sending;
        await AssertArrivedAsync($"{_place}.bin", Large);
    }

    [Fact]
    public async Task Goes_on_where_an_earlier_run_was_stopped()
    {
        var file = _rig.File("film.bin", Large);
        await StopHalfwayAsync(file);
        var done = await GoOnAsync(file);
        Assert.InRange(done.SavedByResuming, 1, Large);
        await AssertArrivedAsync("film.bin", Large);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("cut")]
    [InlineData("noise")]
    [InlineData("foreign")]
    public async Task Finds_its_session_when_the_state_is_lost_or_broken(string how)
    {
        var file = _rig.File("film.bin", Large);
        await StopHalfwayAsync(file);
        var state = Assert.Single(Directory.GetFiles(Path.Combine(_rig.States, "transfers"), "*.json"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state));
        var bytes = await File.ReadAllBytesAsync(state);
        switch (how)
        {
            case "gone":
                File.Delete(state);
                break;
            case "cut":
                await File.WriteAllBytesAsync(state, bytes[..(bytes.Length / 2)]);
                break;
            case "noise":
                await File.WriteAllBytesAsync(state, ClientRig.Bytes(bytes.Length, 5));
                break;
            default:
                await File.WriteAllTextAsync(
                    state, """{"version":1,"kind":"up","file":"x","remote":"y","size":-4,"begun":[{"offset":-1,"length":9}]}""");
                break;
        }

        var done = await GoOnAsync(file);
        Assert.InRange(done.SavedByResuming, 1, Large);
        await AssertArrivedAsync("film.bin", Large);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Never_mixes_a_source_that_changed_between_two_runs(bool sameTime)
    {
        var file = _rig.File("film.bin", Large);
        var time = File.GetLastWriteTimeUtc(file);
        await StopHalfwayAsync(file);
        _rig.File("film.bin", Large, seed: 2);
        if (sameTime)
            File.SetLastWriteTimeUtc(file, time);
        await GoOnAsync(file);
        await AssertArrivedAsync("film.bin", Large, seed: 2);
    }

    [Fact]
    public async Task Keeps_what_was_sent_when_only_the_time_changed()
    {
        var file = _rig.File("film.bin", Large);
        await StopHalfwayAsync(file);
        File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var done = await GoOnAsync(file);
        Assert.InRange(done.SavedByResuming, 1, Large);
        await AssertArrivedAsync("film.bin", Large);
    }

    [Fact]
    public async Task Says_that_the_same_file_is_there_already_and_sends_it_again_once_it_was_deleted()
    {
        var file = _rig.File("film.bin", Large);
        var client = _rig.Client(_service.Address, _service.Key);
        Assert.False((await client.UploadFileAsync(file, Options("film.bin"))).WasThere);
        Assert.True((await client.UploadFileAsync(file, Options("film.bin"))).WasThere);
        await client.DeleteAsync($"{_place}/film.bin");
        Assert.False((await client.UploadFileAsync(file, Options("film.bin"))).WasThere);
        await AssertArrivedAsync("film.bin", Large);
    }

    [Theory]
    [InlineData(NameConflict.Replace)]
    [InlineData(NameConflict.Rename)]
    [InlineData(NameConflict.Fail)]
    public async Task Sends_a_file_again_whose_name_at_the_target_is_free_because_the_first_one_was_renamed(NameConflict conflict)
    {
        var file = _rig.File("film.bin", Large);
        var client = _rig.Client(_service.Address, _service.Key);
        var options = Options("film.bin") with { Conflict = conflict };
        _ = await client.UploadFileAsync(file, options);
        _ = await client.MoveAsync(options.Path!, $"{_place}/moved.bin");

        var again = await client.UploadFileAsync(file, options);

        Assert.Equal((false, options.Path), (again.WasThere, again.Path));
        await AssertArrivedAsync("film.bin", Large);
        await AssertArrivedAsync("moved.bin", Large);
        Assert.True((await client.UploadFileAsync(file, options)).WasThere);
    }

    [Fact]
    public async Task A_tus_upload_begins_anew_when_the_source_has_another_time()
    {
        var file = _rig.File("film.bin", Large);
        var options = Options("film.bin") with { Protocol = UploadProtocol.Tus };
        _proxy = new CutProxy(_service.Address) { Rate = 8 << 20 };
        await ClientRig.InterruptAsync(1, (progress, stop) =>
            _rig.Client(_proxy.Address, _service.Key).UploadFileAsync(file, options, progress, stop));
        _proxy.Rate = 0;
        _rig.File("film.bin", Large, seed: 2);
        File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _ = await _rig.Client(_proxy.Address, _service.Key).UploadFileAsync(file, options);
        await AssertArrivedAsync("film.bin", Large, seed: 2);
    }

    [Theory]
    [InlineData(1000, false)]
    [InlineData(Large, false)]
    [InlineData(Large, true)]
    public async Task A_file_that_is_there_is_not_sent_again_and_makes_no_version(int length, bool near)
    {
        var file = _rig.File("film.bin", length);
        var client = _rig.Client(_service.Address, _service.Key, near: near);
        Assert.False((await client.UploadFileAsync(file, Options("film.bin"))).WasThere);

        // Another path of the same file would be another transfer, so that nothing but the comparison can find it.
        var again = Path.Combine(Directory.CreateDirectory(_rig.At("again")).FullName, "film.bin");
        await File.WriteAllBytesAsync(again, await File.ReadAllBytesAsync(file));
        File.SetLastWriteTimeUtc(again, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var done = await client.UploadFileAsync(again, Options("film.bin"));

        Assert.Equal((true, $"{_place}/film.bin", length), (done.WasThere, done.Path, done.Size));
        var entry = await _service.Client.GetFromJsonAsync<JsonElement>($"/api/tree/{_place}/film.bin?format=json");
        Assert.Equal(1, entry.GetProperty("version").GetInt32());
        Assert.StartsWith("2020-01-01T00:00:00", entry.GetProperty("modifiedAt").GetString(), StringComparison.Ordinal);

        // The same size with another content is sent.
        _rig.File("again/film.bin", length, seed: 2);
        Assert.False((await client.UploadFileAsync(again, Options("film.bin"))).WasThere);
        await AssertArrivedAsync("film.bin", length, seed: 2);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(Large)]
    public async Task Keeps_the_conflict_rule(int length)
    {
        var client = _rig.Client(_service.Address, _service.Key);
        var options = Options("one.bin");
        await client.UploadFileAsync(_rig.File("a.bin", length), options);
        var failure = await Assert.ThrowsAsync<TransferException>(
            () => client.UploadFileAsync(_rig.File("b.bin", length, 2), options with { Conflict = NameConflict.Fail }));
        Assert.Equal((TransferFailure.Conflict, "name_taken"), (failure.Failure, failure.Code));
        var renamed = await client.UploadFileAsync(_rig.At("b.bin"), options with { Conflict = NameConflict.Rename });
        Assert.NotEqual(options.Path, renamed.Path);
        await AssertArrivedAsync("one.bin", length);
        await client.UploadFileAsync(_rig.At("b.bin"), options);
        await AssertArrivedAsync("one.bin", length, 2);
    }

    [Theory]
    [InlineData(200_000, 100_000)]
    [InlineData(Large, 1 << 20)]
    public async Task Gets_through_a_proxy_that_takes_small_bodies(int length, int most)
    {
        using var proxy = new SmallBodyProxy(most);
        await _rig.Client(_service.Address, _service.Key, proxy).UploadFileAsync(_rig.File("film.bin", length), Options("film.bin"));
        Assert.True(proxy.Refused > 0);
        await AssertArrivedAsync("film.bin", length);
    }

    [Fact]
    public async Task Sends_by_tus_over_a_connection_that_breaks()
    {
        await using var proxy = new CutProxy(_service.Address, cuts: [3_000_000, 12_000_000]);
        await _rig.Client(proxy.Address, _service.Key).UploadFileAsync(
            _rig.File("film.bin", Large), Options("film.bin") with { Protocol = UploadProtocol.Tus });
        Assert.Equal(2, proxy.Broken);
        await AssertArrivedAsync("film.bin", Large);
    }

    [Fact]
    public async Task Sends_through_a_link_and_says_what_it_allows()
    {
        var links = new LinkClient(_service);
        var link = await links.MakeAsync(new { kind = "upload", path = _place, parents = true, maxSize = Large });
        await using var proxy = new CutProxy(_service.Address, cuts: [3_000_000]);
        var client = _rig.Client(new Uri(proxy.Address, link.Path), key: null);
        await client.UploadFileAsync(_rig.File("film.bin", Large));
        await AssertArrivedAsync("film.bin", Large);
        var failure = await Assert.ThrowsAsync<TransferException>(() => client.UploadFileAsync(_rig.File("larger.bin", Large + 1)));
        Assert.Equal(TransferFailure.Quota, failure.Failure);
        links.Close();
    }

    [Fact]
    public async Task A_revoked_key_ends_it()
    {
        using var answer = await _service.Client.PostAsJsonAsync(
            "/api/keys", new { name = _place, scopes = new[] { "upload", "read", "list" } });
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, made.ToString());
        var key = made.GetProperty("secret").GetString();
        var id = made.GetProperty("key").GetProperty("id").GetString();
        // Other tests of the service may have limited all keys.
        using var unlimited = await _service.Client.DeleteAsync("/api/limits/default/key");
        var file = _rig.File("film.bin", Large);
        await StopHalfwayAsync(file, key);
        using var revoked = await _service.Client.DeleteAsync($"/api/keys/{id}");
        Assert.True(revoked.IsSuccessStatusCode);
        // The service learns of it within two seconds.
        await Eventually.HoldsAsync(async () =>
        {
            using var http = _service.CreateClient(withKey: false);
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
            return (int)(await http.GetAsync("/api/tree/")).StatusCode == 401;
        });
        var failure = await Assert.ThrowsAsync<TransferException>(
            () => _rig.Client(_proxy!.Address, key).UploadFileAsync(file, Options("film.bin")));
        Assert.Equal(TransferFailure.Authentication, failure.Failure);
    }

    private UploadOptions Options(string name) => new() { Path = $"{_place}/{name}" };

    /// <summary>Stops an upload through a proxy that holds one of its connections, so that it cannot end before.</summary>
    private async Task StopHalfwayAsync(string file, string? key = null)
    {
        _proxy = new CutProxy(_service.Address, stalls: [Large / 2]);
        await ClientRig.InterruptAsync(1, (progress, stop) =>
            _rig.Client(_proxy.Address, key ?? _service.Key).UploadFileAsync(file, Options("film.bin"), progress, stop));
        _proxy.ForgetCuts();
        _proxy.GoOn();
    }

    /// <summary>Uses the same address again, because another one would be another transfer.</summary>
    private Task<UploadResult> GoOnAsync(string file) =>
        _rig.Client(_proxy!.Address, _service.Key).UploadFileAsync(file, Options("film.bin"));

    private async Task AssertArrivedAsync(string name, int length, int seed = 1) =>
        Assert.Equal(ClientRig.Bytes(length, seed), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/{name}"));

    private sealed class EarlyEnd(byte[] bytes) : MemoryStream(bytes)
    {
        public override long Length => base.Length + 1;
    }
}
