using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using NameConflict = ChunkUpload.Client.NameConflict;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Large files go to a near service as one stream, which survives the same faults as chunks do.</summary>
[Collection(ClientCollection.Name)]
public sealed class NearUploadTests(ApiFixture fixture) : IAsyncLifetime, IDisposable
{
    private const int Large = 20 << 20;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _path = $"near-{Guid.NewGuid():n}/film.bin";
    private CutProxy? _proxy;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Goes_on_from_the_offset_that_the_service_kept()
    {
        await using var proxy = new CutProxy(_service.Address, cuts: [3_000_000, 7_500_000, 15_000_000]);
        var done = await Client(proxy.Address).UploadFileAsync(_rig.File("film.bin", Large), Options);
        Assert.Equal(3, proxy.Broken);
        Assert.Equal((_path, ClientRig.Sha256(ClientRig.Bytes(Large))), (done.Path, done.Sha256));
        Assert.InRange(proxy.Passed, Large, Large + proxy.MayBeLost + (1 << 20));
        await AssertArrivedAsync();
        using var head = new HttpRequestMessage(HttpMethod.Head, $"/uploads/{done.Id}");
        using var answer = await _service.Client.SendAsync(head);
        Assert.Equal("?1", Assert.Single(answer.Headers.GetValues("Upload-Complete")));
    }

    [Fact]
    public async Task Goes_on_where_an_earlier_run_was_stopped_and_verifies_the_whole()
    {
        var file = _rig.File("film.bin", Large);
        await StopHalfwayAsync(file);
        var done = await Client(_proxy!.Address).UploadFileAsync(file, Options);
        Assert.InRange(done.SavedByResuming, 1, Large);
        Assert.Equal(ClientRig.Sha256(ClientRig.Bytes(Large)), done.Sha256);
        await AssertArrivedAsync();
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
        await Client(_proxy!.Address).UploadFileAsync(file, Options);
        await AssertArrivedAsync(seed: 2);
    }

    [Fact]
    public async Task Begins_anew_when_the_service_has_lost_it()
    {
        var file = _rig.File("film.bin", Large);
        await StopHalfwayAsync(file);
        var state = Assert.Single(Directory.GetFiles(Path.Combine(_rig.States, "transfers"), "*.json"));
        var id = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(state)).RootElement.GetProperty("session").GetString();
        using var deleted = await _service.Client.DeleteAsync($"/uploads/{id}");
        Assert.True(deleted.IsSuccessStatusCode);
        await Client(_proxy!.Address).UploadFileAsync(file, Options);
        await AssertArrivedAsync();
    }

    [Fact]
    public async Task Gets_through_a_proxy_that_takes_one_MiB()
    {
        using var proxy = new SmallBodyProxy(1 << 20);
        await _rig.Client(_service.Address, _service.Key, proxy, near: true).UploadFileAsync(_rig.File("film.bin", Large), Options);
        Assert.InRange(proxy.Refused, 1, 8);
        await AssertArrivedAsync();
    }

    [Theory]
    [InlineData(NameConflict.Fail)]
    [InlineData(NameConflict.Rename)]
    [InlineData(NameConflict.Replace)]
    public async Task Keeps_the_conflict_rule(NameConflict conflict)
    {
        var client = Client(_service.Address);
        await client.UploadFileAsync(_rig.File("film.bin", Large), Options);
        var second = client.UploadFileAsync(_rig.File("other.bin", Large, seed: 2), Options with { Conflict = conflict });
        if (conflict == NameConflict.Fail)
            Assert.Equal(TransferFailure.Conflict, (await Assert.ThrowsAsync<TransferException>(() => second)).Failure);
        else
            Assert.Equal(conflict == NameConflict.Replace, (await second).Path == _path);
        await AssertArrivedAsync(conflict == NameConflict.Replace ? 2 : 1);
    }

    private UploadOptions Options => new() { Path = _path };

    private ChunkUploadClient Client(Uri service) => _rig.Client(service, _service.Key, near: true);

    /// <summary>Stops an upload through a proxy that holds its connection, once the service has kept something.</summary>
    private async Task StopHalfwayAsync(string file)
    {
        _proxy = new CutProxy(_service.Address, cuts: [Large / 4], stalls: [Large / 2]);
        await ClientRig.InterruptAsync(1, (progress, stop) => Client(_proxy.Address).UploadFileAsync(file, Options, progress, stop));
        _proxy.ForgetCuts();
        _proxy.GoOn();
    }

    private async Task AssertArrivedAsync(int seed = 1) =>
        Assert.Equal(ClientRig.Bytes(Large, seed), await _service.Client.GetByteArrayAsync($"/api/tree/{_path}"));
}
